/*
 * The server's token bucket: so many messages a second, so many at once. What it denies is counted, since a device is
 * never told.
 */

import type { HubClock } from "../system-time.js";

export class Bucket {
  readonly #clock: HubClock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;
  /** Messages denied so far. */
  dropped = 0;

  constructor(clock: HubClock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  take(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) {
      this.dropped++;
      return false;
    }
    this.#tokens--;
    return true;
  }
}
