/*
 * metrics 0.1.0: asks at once and every 15 minutes, takes batches of readings within the server's limits
 * (NervesHub, docs/metrics.md and lib/nerves_hub/extensions/metrics.ex).
 */

import type { Timer } from "../../../modules/platform/timers.js";
import { isObject, isText, type Json, member } from "../json.js";
import { Bucket } from "./bucket.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const intervalMs = 15 * 60_000;
const reportsInMessage = 60;
const namesInReport = 20;
const nameBytes = 64;
const clockSkewMs = 24 * 60 * 60_000;
/** Readings kept for the JSON endpoint. */
const readingsKept = 500;

export class Metrics implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #bucket: Bucket;
  #timer: Timer | undefined;
  #readings: { timestamp: string; metrics: { [name: string]: number } }[] = [];
  #discarded = 0;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#bucket = new Bucket(context.clock, 1, 5);
  }

  attached(): void {
    this.#context.push("check", {});
    this.#timer ??= this.#context.timers.repeat(() => this.#context.push("check", {}), intervalMs);
  }

  detached(): void {
    this.#context.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  receive(event: string, payload: Json): void {
    const reports = member(payload, "reports");
    if (event !== "report" || !Array.isArray(reports)) {
      this.#context.say(`unusable ${event}: it needs a list of reports`);
      return;
    }
    if (reports.length === 0) return;
    if (this.#bucket.take()) {
      const before = this.#readings.length;
      for (const report of reports.slice(0, reportsInMessage)) this.#store(report);
      this.#discarded += Math.max(0, reports.length - reportsInMessage);
      this.#context.say(`${this.#readings.length - before} of ${reports.length} readings taken`, payload);
      this.#readings = this.#readings.slice(-readingsKept);
    } else this.#context.say(`too fast: ${this.#bucket.dropped} messages dropped so far`);
    this.#context.keep({
      readings: this.#readings,
      dropped: { messages: this.#bucket.dropped, readings: this.#discarded },
    });
  }

  #store(report: Json): void {
    const timestamp = member(report, "timestamp");
    const metrics = member(report, "metrics");
    const atMs = isText(timestamp) && /(Z|[+-]\d\d:\d\d)$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
    if (!isObject(metrics) || !(Math.abs(atMs - this.#context.clock.now()) <= clockSkewMs)) {
      this.#discarded++;
      return;
    }
    const numbers = Object.keys(metrics)
      .sort()
      .filter((name) => typeof metrics[name] === "number" && Buffer.byteLength(name) <= nameBytes)
      .slice(0, namesInReport)
      .map((name) => [name, metrics[name]] as const);
    this.#readings.push({
      timestamp: timestamp as string,
      metrics: Object.fromEntries(numbers) as { [name: string]: number },
    });
  }
}
