/*
 * Timers: delayed calls. A callback that throws, or is async and rejects, is the host's to catch and print; it must never end the
 * machine.
 */

/** Opaque to everybody but the host that made it. */
export type Timer = object | number;

export interface Timers {
  /** Calls back once, after `delayMs` milliseconds, never from inside `set`. */
  set(callback: () => void, delayMs: number): Timer;
  /** Calls back every `intervalMs` milliseconds until cleared. */
  repeat(callback: () => void, intervalMs: number): Timer;
  /** Forgets a timer; undefined and timers that have fired are fine. */
  clear(timer: Timer | undefined): void;
}
