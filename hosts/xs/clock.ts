/*
 * Clock on XS, over the SDK's `time`.
 *
 * On a device it sets the system's time, which the TLS stack compares certificates with, and which survives a software
 * restart. On a computer `Time.set` does nothing, so the difference is kept here.
 */

import Time from "time";
import type { Clock } from "../../modules/host/clock.js";

/** 2026-01-01T00:00:00Z: before that the system's time was never set (an ESP32 starts in 1970). */
const EARLIEST_MS = 1_767_225_600_000;

export class XsClock implements Clock {
  #offsetMs = 0;
  #elapsedMs = 0;
  #lastTicks = Time.ticks;

  now(): number | undefined {
    const nowMs = Date.now() + this.#offsetMs;
    return nowMs < EARLIEST_MS ? undefined : nowMs;
  }

  /** `Time.ticks` wraps to negative after 24.8 days; the sum of its differences does not. */
  monotonic(): number {
    const ticks = Time.ticks;
    this.#elapsedMs += (ticks - this.#lastTicks) | 0;
    this.#lastTicks = ticks;
    return this.#elapsedMs;
  }

  set(nowMs: number): void {
    Time.set(Math.floor(nowMs / 1000));
    this.#offsetMs = nowMs - Date.now();
  }
}
