/*
 * Clock: what time it is, and how much time has passed. They are two questions: the first may have no answer on a
 * device that has just started, the second always has.
 */

export interface Clock {
  /** Milliseconds since 1970, or undefined while the time is unknown. */
  now(): number | undefined;
  /** Milliseconds since some fixed moment of this run; never goes back. */
  monotonic(): number;
  /** Sets the time of day, in milliseconds since 1970. A host whose system owns the clock keeps an offset of its own. */
  set(nowMs: number): void;
}
