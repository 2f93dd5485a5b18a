/*
 * Timers that a test moves: time stands still until `advance`.
 */

import type { Timer, Timers } from "../../modules/platform/timers.js";

interface Entry {
  at: number;
  callback: () => void;
  everyMs: number | undefined;
}

export class ManualTimers implements Timers {
  now = 0;
  readonly #entries = new Set<Entry>();

  get count(): number {
    return this.#entries.size;
  }

  /** Milliseconds until the next one. */
  get nextMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.at - this.now;
  }

  set(callback: () => void, delayMs: number): Timer {
    return this.#add({ at: this.now + delayMs, callback, everyMs: undefined });
  }

  repeat(callback: () => void, intervalMs: number): Timer {
    return this.#add({ at: this.now + intervalMs, callback, everyMs: intervalMs });
  }

  clear(timer: Timer | undefined): void {
    this.#entries.delete(timer as Entry);
  }

  advance(ms: number): void {
    const until = this.now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      // A callback may have moved the time itself, as work does.
      this.now = Math.max(this.now, next.at);
      if (next.everyMs === undefined) this.#entries.delete(next);
      else next.at += next.everyMs;
      next.callback();
    }
    this.now = Math.max(this.now, until);
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return entry;
  }

  #next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) if (first === undefined || entry.at < first.at) first = entry;
    return first;
  }
}
