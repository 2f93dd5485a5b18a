/*
 * Timers whose time passes only when the test says so. Portable.
 */

import type { Timer, Timers } from "../../../modules/host/timers.js";

interface Entry {
  dueMs: number;
  callback: () => void;
  intervalMs: number | undefined;
}

export class VirtualTimers implements Timers {
  nowMs = 0;
  #entries = new Set<Entry>();

  set(callback: () => void, delayMs: number): Timer {
    return this.#add({ dueMs: this.nowMs + delayMs, callback, intervalMs: undefined });
  }

  repeat(callback: () => void, intervalMs: number): Timer {
    return this.#add({ dueMs: this.nowMs + intervalMs, callback, intervalMs });
  }

  clear(timer: Timer | undefined): void {
    this.#entries.delete(timer as Entry);
  }

  /** How many are running. */
  get count(): number {
    return this.#entries.size;
  }

  /** Lets time pass and calls what comes due on the way, in order. */
  advance(delayMs: number): void {
    const endMs = this.nowMs + delayMs;
    for (;;) {
      let next: Entry | undefined;
      for (const entry of this.#entries) if (entry.dueMs <= endMs && (!next || entry.dueMs < next.dueMs)) next = entry;
      if (!next) break;
      this.nowMs = next.dueMs;
      if (next.intervalMs === undefined) this.#entries.delete(next);
      else next.dueMs += next.intervalMs;
      next.callback();
    }
    this.nowMs = endMs;
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return entry;
  }
}
