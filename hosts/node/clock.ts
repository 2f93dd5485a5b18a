/*
 * NodeClock: the system's time plus an offset, since a process does not set the system's clock.
 */

import type { Clock } from "../../modules/platform/clock.js";

export class NodeClock implements Clock {
  #offsetMs = 0;

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  monotonic(): number {
    return performance.now();
  }

  set(nowMs: number): void {
    this.#offsetMs = nowMs - Date.now();
  }
}
