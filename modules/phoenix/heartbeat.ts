/*
 * Heartbeat: decides when to send a heartbeat, and when a missing answer means that the connection is dead. Pure: the
 * caller owns the timer and passes the time in.
 *
 * The server closes the connection after 180 s without a byte from the device, so any sent frame counts as a heartbeat.
 * But only a received frame proves that the connection still works: a heartbeat is left out only when a frame was sent and
 * a frame was received within the interval. So a half-open socket is found within two intervals, however much is sent.
 */

export interface HeartbeatOptions {
  /** Milliseconds without a sent or without a received frame before a heartbeat is sent. Its answer may take as long. */
  intervalMs: number;
  /** Where it is above `intervalMs`, the interval grows towards it with every answered heartbeat, to save bytes. */
  maxIntervalMs: number;
}

export type Beat =
  | { readonly type: "wait"; readonly delayMs: number }
  | { readonly type: "send" }
  | { readonly type: "dead" };

/** Growth of the interval per answered heartbeat: 30 s reaches 120 s after seven quiet intervals. */
const growth = 1.25;

export class Heartbeat {
  private readonly _options: HeartbeatOptions;
  private _intervalMs: number;
  private _sentMs: number;
  private _receivedMs: number;
  private _pending: { ref: string; atMs: number } | undefined;
  private _roundTripMs: number | undefined;

  /** @param intervalMs the first interval, for instance the one that an earlier connection has grown to */
  constructor(options: HeartbeatOptions, nowMs: number, intervalMs = options.intervalMs) {
    this._options = options;
    this._intervalMs = intervalMs;
    this._sentMs = nowMs;
    this._receivedMs = nowMs;
  }

  /** Round trip of the last answered heartbeat in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this._roundTripMs;
  }

  get intervalMs(): number {
    return this._intervalMs;
  }

  /** Takes note that a frame other than a heartbeat was sent. */
  sent(nowMs: number): void {
    this._sentMs = nowMs;
  }

  /** Takes note that a frame was received. */
  received(nowMs: number): void {
    this._receivedMs = nowMs;
  }

  /** Takes note that a heartbeat was sent under `ref`. */
  beat(ref: string, nowMs: number): void {
    this._pending = { ref, atMs: nowMs };
    this._sentMs = nowMs;
  }

  /** Takes note that a reply on topic "phoenix" was received. */
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
