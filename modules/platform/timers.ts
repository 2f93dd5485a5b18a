/*
 * Timers: delayed calls. When a callback throws, or is async and rejects, the platform catches and prints the error, which must
 * never end the machine.
 */

/** Opaque; only the platform that made it knows what it is. */
export type Timer = object | number;

export interface Timers {
  /** Calls back once, after `delayMs` milliseconds, never from inside `set`. */
  set(callback: () => void, delayMs: number): Timer;
  /** Calls back every `intervalMs` milliseconds until cleared. */
  repeat(callback: () => void, intervalMs: number): Timer;
  /** Forgets a timer; undefined and timers that have fired are fine. */
  clear(timer: Timer | undefined): void;
}
