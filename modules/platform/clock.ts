/*
 * Clock: what time it is, and how much time has passed. They are two questions: the first may have no answer on a
 * device that has just started, the second always has.
 */

/** No clock is beyond this: the SDK's `Time.set` takes 32 bits of seconds, which end on 2106-02-07. */
export const latestPlausibleMs = 0xffff_ffff * 1000;
/** A clock before this was never set: this software did not exist. 2026-01-01. */
export const earliestPlausibleMs = 1_767_225_600_000;

/** Between which moments the time must lie, milliseconds since 1970. */
export interface TimeBounds {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export interface Clock {
  /** Milliseconds since 1970, or undefined while the time is unknown. */
  now(): number | undefined;
  /** Milliseconds since some fixed moment of this run; never goes back. */
  monotonic(): number;
  /** Sets the time of day, in milliseconds since 1970. A host whose system owns the clock keeps an offset of its own. */
  set(nowMs: number): void;
  /**
   * Set by a host that can ask for the time, called by whoever finds that the time of day cannot be right: a certificate
   * that is expired or not valid yet, a server's `Date`. A hint by strangers: the host decides when it asks again, and
   * must not throw.
   */
  onContradicted?: (() => void) | undefined;
}
