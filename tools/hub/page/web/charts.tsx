/*
 * Health and metrics over time, from the reports that the timeline holds: a chart for each number.
 */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Json } from "./hub.js";
import { entries } from "./state.js";

type Series = Map<string, (readonly [seconds: number, value: number])[]>;

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function add(series: Series, metrics: Json | undefined, atMs: number): void {
  if (!isObject(metrics)) return;
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== "number") continue;
    const points = series.get(name) ?? [];
    series.set(name, points);
    points.push([atMs / 1000, value]);
  }
}

/** What a device has reported in numbers, by name. */
export function numbersOf(device: string): Series {
  const series: Series = new Map();
  for (const { device: from, kind, data, at } of entries.value) {
    if (from !== device || !isObject(data)) continue;
    if (kind === "health") add(series, data["metrics"], at);
    if (kind !== "metrics" || !Array.isArray(data["reports"])) continue;
    for (const report of data["reports"] as readonly Json[]) {
      if (!isObject(report)) continue;
      const given = typeof report["timestamp"] === "string" ? Date.parse(report["timestamp"]) : Number.NaN;
      add(series, report["metrics"], Number.isNaN(given) ? at : given);
    }
  }
  for (const points of series.values()) points.sort(([a], [b]) => a - b);
  return series;
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const short = (value: number): string => compact.format(value);

function Chart({ name, points }: { readonly name: string; readonly points: readonly (readonly [number, number])[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [points.map(([at]) => at), points.map(([, value]) => value)];
  useEffect(() => {
    const box = place.current!;
    // Colours as they are now: a variable of the style sheet would still say light-dark().
    const { color: stroke, borderTopColor } = getComputedStyle(box);
    const ink = getComputedStyle(box.parentElement!).color;
    const grid = { stroke: borderTopColor, width: 1 };
    plot.current = new uPlot(
      {
        width: box.clientWidth,
        height: 110,
        legend: { show: false },
        cursor: { y: false },
        axes: [
          { stroke: ink, grid, ticks: grid, size: 28, font: "11px system-ui" },
          { stroke: ink, grid, ticks: grid, size: 48, font: "11px system-ui", values: (_, ticks) => ticks.map(short) },
        ],
        series: [{}, { stroke, width: 1.5, points: { show: true, size: 4 } }],
      },
      data,
      box,
    );
    const size = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height: 110 }));
    size.observe(box);
    return () => {
      size.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [points.length, points.at(-1)?.[0]]);
  const last = points.at(-1)?.[1];
  return (
    <figure class="chart">
      <figcaption>
        <span>{name}</span> <strong>{last?.toLocaleString("en")}</strong>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${name}: ${last}, ${points.length} values`} />
    </figure>
  );
}

export function Charts({ device }: { readonly device: string }) {
  const series = [...numbersOf(device)];
  if (series.length === 0)
    return (
      <p class="empty">No numbers yet. A device with the Health or Metrics feature sends them when it is asked.</p>
    );
  return (
    <div class="charts">
      {series.map(([name, points]) => (
        <Chart key={`${device} ${name}`} name={name} points={points} />
      ))}
    </div>
  );
}
