/*
 * Vitals: the metrics that every device reports by itself. Names and units are those that NervesHub's pages render, or else
 * those of NervesHub's other ESP32 agent.
 *
 * The rule it guards: `mem_used_percent` is meaningful. XS allocates its machine before the first line of JavaScript runs and
 * takes nearly all of an ESP32's heap, so a healthy device would always be above the server's 80 % of the whole heap.
 * `mem_used_percent` is therefore the used share of the heap that was free when the link was made: at 100 % the device is
 * about to run out. `mem_size_mb` and `mem_used_mb` are the size and the used part of the whole heap, as other agents report
 * them; where a platform does not know its whole heap, they too refer to the heap that was free when the link was made.
 */

import type { Core, Feature } from "../feature.js";

/** Bytes of a metric's name. */
export const maxMetricNameBytes = 64;

const bytesInMb = 1048576;

const megabytes = (bytes: number): number => {
  return Math.round((bytes / bytesInMb) * 1000) / 1000;
};

export class Vitals implements Feature {
  private _core: Core | undefined;
  private _startedMs = 0;
  private _heapAtStart: number | undefined;
  /** What metrics has recorded and cannot send, since the server has no such extension: health sends it. */
  readonly recorded = new Map<string, number>();
  /** Told when something must not wait for the server's next question; Health sets it. */
  urgent: () => void = () => {};

  install(core: Core): void {
    const { clock, device } = core.platform;
    this._core = core;
    this._startedMs = clock.monotonic();
    this._heapAtStart = device.facts().heapFree;
  }

  /** Milliseconds since the link was made, usually at the start of the application. */
  get uptimeMs(): number {
    return this._core!.platform.clock.monotonic() - this._startedMs;
  }

  /** Metrics by name; only those that this platform knows. */
  metrics(): Record<string, number> {
    const facts = this._core!.platform.device.facts();
    const metrics: Record<string, number> = { uptime_seconds: Math.floor(this.uptimeMs / 1000) };
    const add = (name: string, value: number | undefined): void => {
      if (value !== undefined && Number.isFinite(value)) metrics[name] = value;
    };
    const { heapFree } = facts;
    const free = this._heapAtStart;
    // All three or none: the server's page crashes on mem_used_mb without mem_used_percent.
    if (heapFree !== undefined && free !== undefined && free > 0) {
      const size = facts.heapTotal ?? free;
      add("mem_size_mb", megabytes(size));
      add("mem_used_mb", megabytes(Math.max(0, size - heapFree)));
      add("mem_used_percent", Math.round((Math.max(0, free - heapFree) / free) * 1000) / 10);
    }
    add("heap_free_bytes", heapFree);
    add("heap_min_free_bytes", facts.heapLowWater);
    add("heap_largest_free_block_bytes", facts.heapLargestBlock);
    add("xs_chunk_bytes", facts.xsChunks);
    add("xs_slot_bytes", facts.xsSlots);
    add("xs_stack_peak", facts.xsStackPeak);
    add("wifi_rssi", facts.wifiRssi);
    add("cpu_temp", facts.cpuTemperature);
    const { roundTripMs } = this._core!;
    add("round_trip_ms", roundTripMs === undefined ? undefined : Math.round(roundTripMs));
    return metrics;
  }
}
