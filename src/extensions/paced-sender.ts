/*
 * PacedSender: sends when there is something to send, never faster than the server takes it.
 *
 * NervesHub drops what comes faster than its bucket fills and tells nobody, and the bucket is the device's and not the
 * connection's. So a sender lives as long as its extension, with a bucket of its own that is smaller than the server's.
 */

import type { Clock } from "../../modules/host/clock.js";
import type { Timer, Timers } from "../../modules/host/timers.js";

export interface Rate {
  /** Messages a second over a long time. */
  readonly perSecond: number;
  /** Messages at once. */
  readonly burst: number;
}

/** What became of an attempt: sent; refused (not attached, connection backed up); or there was nothing to send. */
export type Attempt = "sent" | "refused" | "empty";

/** After a refusal. */
const retryMs = 1000;

export class PacedSender {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #rate: Rate;
  readonly #flush: () => Attempt;
  #tokens: number;
  #filledMs: number;
  #timer: Timer | undefined;
  #dueMs = 0;

  /** @param flush sends one message; called again at once while it answers "sent" and the bucket has something left */
  constructor(host: { clock: Clock; timers: Timers }, rate: Rate, flush: () => Attempt) {
    this.#clock = host.clock;
    this.#timers = host.timers;
    this.#rate = rate;
    this.#flush = flush;
    this.#tokens = rate.burst;
    this.#filledMs = host.clock.monotonic();
  }

  /** There is something to send. @param delayMs to gather what comes together; the earliest of several calls counts */
  wake(delayMs = 0): void {
    const waitMs = Math.max(delayMs, this.#untilTokenMs());
    const dueMs = this.#clock.monotonic() + waitMs;
    if (this.#timer !== undefined && dueMs >= this.#dueMs) return;
    this.#timers.clear(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = this.#timers.set(() => this.#run(), waitMs);
  }

  stop(): void {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    this.#timer = undefined;
    while (this.#untilTokenMs() === 0) {
      const attempt = this.#flush();
      if (attempt === "empty") return;
      if (attempt === "refused") {
        this.wake(retryMs);
        return;
      }
      this.#tokens--;
    }
    this.wake();
  }

  #untilTokenMs(): number {
    const now = this.#clock.monotonic();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledMs) / 1000) * perSecond);
    this.#filledMs = now;
    // Rounded up to a whole millisecond, so that the token is there when the timer fires.
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / perSecond);
  }
}
