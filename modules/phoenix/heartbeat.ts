/*
 * When to send a heartbeat, and when its silence means that the connection is dead. Pure: times come in, decisions go
 * out; the timer is the caller's.
 *
 * The server closes after 180 s without a byte from us, so any sent frame counts as a beat. But only an answer proves
 * that the path still carries: a beat is left out only while something has been received within the interval as well.
 * A half-open socket is thus found within two intervals, however much we send into it.
 */

export interface HeartbeatOptions {
  /** Milliseconds between signs of life. */
  intervalMs: number;
  /** When above `intervalMs`: the interval grows towards this with every answered beat, to save bytes. */
  maxIntervalMs: number;
}

export type Beat =
  | { readonly type: "wait"; readonly delayMs: number }
  | { readonly type: "send" }
  | { readonly type: "dead" };

/** Growth per answered beat: 30 s reaches 120 s after seven quiet intervals. */
const growth = 1.25;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #intervalMs: number;
  #sentMs: number;
  #receivedMs: number;
  #pending: { ref: string; atMs: number } | undefined;
  #roundTripMs: number | undefined;

  /** @param intervalMs where to start, for instance what an earlier connection has grown to */
  constructor(options: HeartbeatOptions, nowMs: number, intervalMs = options.intervalMs) {
    this.#options = options;
    this.#intervalMs = intervalMs;
    this.#sentMs = nowMs;
    this.#receivedMs = nowMs;
  }

  /** Of the last answered beat, in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** A frame other than a heartbeat left. */
  sent(nowMs: number): void {
    this.#sentMs = nowMs;
  }

  /** A frame arrived. */
  received(nowMs: number): void {
    this.#receivedMs = nowMs;
  }

  /** A heartbeat left under `ref`. */
  beat(ref: string, nowMs: number): void {
    this.#pending = { ref, atMs: nowMs };
    this.#sentMs = nowMs;
  }

  /** A reply on topic "phoenix" arrived. */
  reply(ref: string | null, nowMs: number): void {
    if (this.#pending?.ref !== ref) return;
    this.#roundTripMs = nowMs - this.#pending.atMs;
    this.#pending = undefined;
    this.#intervalMs = Math.min(
      this.#intervalMs * growth,
      Math.max(this.#options.maxIntervalMs, this.#options.intervalMs),
    );
  }

  /** What to do now; ask again after `delayMs` of a "wait". */
  next(nowMs: number): Beat {
    const sinceMs = this.#pending ? this.#pending.atMs : Math.min(this.#sentMs, this.#receivedMs);
    const delayMs = sinceMs + this.#intervalMs - nowMs;
    if (delayMs > 0) return { type: "wait", delayMs };
    return this.#pending ? { type: "dead" } : { type: "send" };
  }
}
