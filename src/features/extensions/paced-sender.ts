/*
 * PacedSender: sends when there is something to send, never faster than the server takes it.
 *
 * NervesHub drops what comes faster than its bucket fills and tells nobody, and the bucket is the device's and not the
 * connection's. So a sender lives as long as its extension, with a bucket of its own that is smaller than the server's.
 */

import type { Clock } from "../../../modules/host/clock.js";
import type { Timer, Timers } from "../../../modules/host/timers.js";

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
  private readonly _clock: Clock;
  private readonly _timers: Timers;
  private readonly _rate: Rate;
  private readonly _flush: () => Attempt;
  private _tokens: number;
  private _filledMs: number;
  private _timer: Timer | undefined;
  private _dueMs = 0;

  /** @param flush sends one message; called again at once while it answers "sent" and the bucket has something left */
  constructor(host: { clock: Clock; timers: Timers }, rate: Rate, flush: () => Attempt) {
    this._clock = host.clock;
    this._timers = host.timers;
    this._rate = rate;
    this._flush = flush;
    this._tokens = rate.burst;
    this._filledMs = host.clock.monotonic();
  }

  /** There is something to send. @param delayMs to gather what comes together; the earliest of several calls counts */
  wake(delayMs = 0): void {
    const waitMs = Math.max(delayMs, this._untilTokenMs());
    const dueMs = this._clock.monotonic() + waitMs;
    if (this._timer !== undefined && dueMs >= this._dueMs) return;
    this._timers.clear(this._timer);
    this._dueMs = dueMs;
    this._timer = this._timers.set(() => this._run(), waitMs);
  }

  stop(): void {
    this._timers.clear(this._timer);
    this._timer = undefined;
  }

  private _run(): void {
    this._timer = undefined;
    while (this._untilTokenMs() === 0) {
      const attempt = this._flush();
      if (attempt === "empty") return;
      if (attempt === "refused") {
        this.wake(retryMs);
        return;
      }
      this._tokens--;
    }
    this.wake();
  }

  private _untilTokenMs(): number {
    const now = this._clock.monotonic();
    const { perSecond, burst } = this._rate;
    this._tokens = Math.min(burst, this._tokens + ((now - this._filledMs) / 1000) * perSecond);
    this._filledMs = now;
    // Rounded up to a whole millisecond, so that the token is there when the timer fires.
    return this._tokens >= 1 ? 0 : Math.ceil(((1 - this._tokens) * 1000) / perSecond);
  }
}
