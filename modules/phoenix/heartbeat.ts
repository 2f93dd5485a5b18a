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
  private readonly _options: HeartbeatOptions;
  private _intervalMs: number;
  private _sentMs: number;
  private _receivedMs: number;
  private _pending: { ref: string; atMs: number } | undefined;
  private _roundTripMs: number | undefined;

  /** @param intervalMs where to start, for instance what an earlier connection has grown to */
  constructor(options: HeartbeatOptions, nowMs: number, intervalMs = options.intervalMs) {
    this._options = options;
    this._intervalMs = intervalMs;
    this._sentMs = nowMs;
    this._receivedMs = nowMs;
  }

  /** Of the last answered beat, in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this._roundTripMs;
  }

  get intervalMs(): number {
    return this._intervalMs;
  }

  /** A frame other than a heartbeat left. */
  sent(nowMs: number): void {
    this._sentMs = nowMs;
  }

  /** A frame arrived. */
  received(nowMs: number): void {
    this._receivedMs = nowMs;
  }

  /** A heartbeat left under `ref`. */
  beat(ref: string, nowMs: number): void {
    this._pending = { ref, atMs: nowMs };
    this._sentMs = nowMs;
  }

  /** A reply on topic "phoenix" arrived. */
  reply(ref: string | null, nowMs: number): void {
    if (this._pending?.ref !== ref) return;
    this._roundTripMs = nowMs - this._pending.atMs;
    this._pending = undefined;
    this._intervalMs = Math.min(
      this._intervalMs * growth,
      Math.max(this._options.maxIntervalMs, this._options.intervalMs),
    );
  }

  /** What to do now; ask again after `delayMs` of a "wait". */
  next(nowMs: number): Beat {
    const sinceMs = this._pending ? this._pending.atMs : Math.min(this._sentMs, this._receivedMs);
    const delayMs = sinceMs + this._intervalMs - nowMs;
    if (delayMs > 0) return { type: "wait", delayMs };
    return this._pending ? { type: "dead" } : { type: "send" };
  }
}
