/*
 * Clock on XS, over the SDK's `time`.
 *
 * On a device it sets the system's time, which survives a software restart. On a computer `Time.set` does nothing, so the
 * difference is kept here, and with it what a second has below the whole.
 */

import Time from "time";
import type { Clock, TimeBounds } from "../../modules/host/clock.js";
import { earliestPlausibleMs, latestPlausibleMs } from "../../modules/limits/limits.js";

/** Where nothing more is known. Before that the system's time was never set (an ESP32 starts in 1970). */
const anyBounds: TimeBounds = Object.freeze({ earliestMs: earliestPlausibleMs, latestMs: latestPlausibleMs });

export class XsClock implements Clock {
  onContradicted: (() => void) | undefined;
  readonly #bounds: TimeBounds;
  #offsetMs = 0;
  #elapsedMs = 0;
  #lastTicks = Time.ticks;

  /** @param bounds a time outside is none: somebody else set it, or nobody did */
  constructor(bounds: TimeBounds = anyBounds) {
    this.#bounds = bounds;
  }

  now(): number | undefined {
    const nowMs = Date.now() + this.#offsetMs;
    const { earliestMs, latestMs } = this.#bounds;
    return nowMs >= earliestMs && nowMs <= latestMs ? nowMs : undefined;
  }

  /** `Time.ticks` wraps to negative after 24.8 days; the sum of its differences does not. */
  monotonic(): number {
    const ticks = Time.ticks;
    this.#elapsedMs += (ticks - this.#lastTicks) | 0;
    this.#lastTicks = ticks;
    return this.#elapsedMs;
  }

  /** In seconds without a sign, of 32 bits: right until 2106 (`xs_time_set`; ESP-IDF's `time_t` has 64). */
  set(nowMs: number): void {
    Time.set(Math.floor(nowMs / 1000));
    this.#offsetMs = nowMs - Date.now();
  }
}
