/*
 * Clock: the time of day, and the time that has passed. The time of day may be unknown on a device that has just started;
 * the time that has passed is always known.
 */

/** Latest time of day that a clock can show: the SDK's `Time.set` takes 32 bits of seconds, which end on 2106-02-07. */
export const latestPlausibleMs = 0xffff_ffff * 1000;
/** 2026-01-01. A clock that shows an earlier time was never set: this software did not exist. */
export const earliestPlausibleMs = 1_767_225_600_000;

/** The bounds that the time of day must lie between, in milliseconds since 1970. */
export interface TimeBounds {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export interface Clock {
  /** Milliseconds since 1970, or undefined while the time is unknown. */
  now(): number | undefined;
  /** Milliseconds since some fixed moment of this run; never goes back. */
  monotonic(): number;
  /** Sets the time of day, in milliseconds since 1970. Where the system owns the clock, the platform only keeps an offset. */
  set(nowMs: number): void;
  /**
   * Set by who has waited for the time in vain: while `now` is unknown, it is at least this, in milliseconds since 1970.
   * Certificates are then judged by it (modules/x509/path.ts).
   */
  earliestMs?: number | undefined;
  /**
   * Set by a platform that can ask for the time. Called when something contradicts the time of day: a certificate that is
   * expired or not valid yet, or the `Date` of a server. Both come from strangers and are only a hint: the platform decides
   * when it asks for the time again, and must not throw.
   */
  onContradicted?: (() => void) | undefined;
}
