/*
 * Vitals: what a device says of itself without being told what to measure. Names and units are those that NervesHub's
 * pages render, and else those of its other ESP32 agent.
 *
 * The rule it guards: `mem_used_percent` means something. Nearly all of an ESP32's heap is taken before the first line of
 * JavaScript runs (XS allocates its machine at once), so the share of the whole is above the server's 80 % on a healthy
 * device, for ever. What is reported is the share of what was free when the link was made: 100 % is a device that is
 * about to run out. `mem_size_mb` and `mem_used_mb` are the whole heap and what is taken of it, as other agents say them;
 * where a platform cannot tell the whole, they are of what was free as well.
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

  install(core: Core): void {
    const { clock, device } = core.platform;
    this._core = core;
    this._startedMs = clock.monotonic();
    this._heapAtStart = device.facts().heapFree;
  }

  /** Milliseconds since the link was made, which is since the start of the application as a rule. */
  get uptimeMs(): number {
    return this._core!.platform.clock.monotonic() - this._startedMs;
  }

  /** By name; only what this platform knows. */
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
    add("round_trip_ms", this._core!.roundTripMs);
    return metrics;
  }
}
