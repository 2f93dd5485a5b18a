/*
 * XsClock: a Clock over the SDK's `time`.
 *
 * On a device it sets the system's time, which survives a software restart. On a computer `Time.set` does nothing, so the
 * difference is kept here, together with the fraction of a second that `Time.set` drops.
 */

import Time from "time";
import { type Clock, earliestPlausibleMs, latestPlausibleMs, type TimeBounds } from "../../modules/platform/clock.js";

/** Default bounds. Before them the system's time was never set (an ESP32 starts in 1970). */
const anyBounds: TimeBounds = Object.freeze({ earliestMs: earliestPlausibleMs, latestMs: latestPlausibleMs });

export class XsClock implements Clock {
  earliestMs: number | undefined;
  onContradicted: (() => void) | undefined;
  private readonly _bounds: TimeBounds;
  private _offsetMs = 0;
  private _elapsedMs = 0;
  private _lastTicks = Time.ticks;

  /** @param bounds a time outside of them counts as unknown: it was never set, or set wrongly by somebody else */
  constructor(bounds: TimeBounds = anyBounds) {
    this._bounds = bounds;
  }

  now(): number | undefined {
    const nowMs = Date.now() + this._offsetMs;
    const { earliestMs, latestMs } = this._bounds;
    return nowMs >= earliestMs && nowMs <= latestMs ? nowMs : undefined;
  }

  /** `Time.ticks` wraps to negative after 24.8 days; the sum of its differences does not. */
  monotonic(): number {
    const ticks = Time.ticks;
    this._elapsedMs += (ticks - this._lastTicks) | 0;
    this._lastTicks = ticks;
    return this._elapsedMs;
  }

  /** `Time.set` takes unsigned seconds of 32 bits, right until 2106 (`xs_time_set`; ESP-IDF's `time_t` has 64). */
  set(nowMs: number): void {
    Time.set(Math.floor(nowMs / 1000));
    this._offsetMs = nowMs - Date.now();
  }
}
