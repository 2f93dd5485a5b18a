/*
 * NodeTimers: Timers on Node. The error of a callback that throws, or is async and rejects, is printed, as Timers asks, so
 * that it does not end the process where a device would have gone on.
 */

import { stackOf } from "../../modules/fault/fault.js";
import { settle } from "../../modules/fault/settle.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";

export class NodeTimers implements Timers {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  set(callback: () => void, delayMs: number): Timer {
    return setTimeout(() => this.#guard(callback), delayMs);
  }

  repeat(callback: () => void, intervalMs: number): Timer {
    return setInterval(() => this.#guard(callback), intervalMs);
  }

  clear(timer: Timer | undefined): void {
    // Node's clearTimeout ends intervals as well.
    clearTimeout(timer as NodeJS.Timeout | undefined);
  }

  #guard(callback: () => void): void {
    settle(
      callback,
      () => {},
      (error, how) => this.#print(`A timer callback ${how}: ${stackOf(error)}`),
    );
  }
}
