/*
 * Heartbeat: decides when to send a heartbeat, when a missing answer means that the connection is dead, and which interval
 * the path bears. It outlives connections: `opened` begins the next one. Pure: the caller owns the timer and passes the time in.
 *
 * The server closes the connection after 180 s without a byte from the device, so any sent frame counts as a heartbeat.
 * But only a received frame proves that the connection still works: a heartbeat is left out only when a frame was sent and
 * a frame was received within the interval. So a half-open socket is found within two intervals, however much is sent.
 *
 * A NAT or a proxy forgets a connection that is quiet for too long, and networks break by themselves too. The rule it guards:
 * the interval gets shorter only when three connections in a row were lost in a quiet and no quiet as long was borne between.
 * It stays below what failed for a day, then it is tried again, since the device may be on another path.
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

/** Growth of the interval per answered heartbeat: 30 s reaches 120 s after seven quiet intervals. What failed shrinks by it. */
const growth = 1.25;

/**
 * Least interval that is learnt, in milliseconds; a third of `intervalMs` where that is less. Losses in a shorter quiet have
 * other causes: paths forget after 20 s and more.
 */
const leastMs = 10_000;

/** How long what failed is remembered, in milliseconds: a day, since each new trial may cost three connections. */
const failedForMs = 86_400_000;

/**
 * Losses in a row that tell of the path. With two, a network that breaks every ten minutes by itself came down to a beat every
 * 15 s, with three it stays above a minute (test/modules/phoenix/heartbeat.test.ts).
 */
const lossesThatTell = 3;

/** Part of a quiet that counts as one as long: the answer to the beat before shortens a quiet by a round trip. */
const asLong = 0.95;

export class Heartbeat {
  private readonly _shortestMs: number;
  private readonly _longestMs: number;
  private _intervalMs: number;
  /** An interval that failed, and when. */
  private _failedMs = Number.POSITIVE_INFINITY;
  private _failedAtMs = 0;
  /** Connections that were lost in a quiet until one as long is borne; the last such quiet, and when that was. */
  private _losses = 0;
  private _doubtedMs = 0;
  private _doubtedAtMs = 0;
  private _sentMs = 0;
  private _receivedMs = 0;
  /** Longest time without a frame in either direction since the last received one. */
  private _quietMs = 0;
  private _pending: { ref: string; atMs: number } | undefined;
  private _roundTripMs: number | undefined;

  constructor({ intervalMs, maxIntervalMs }: HeartbeatOptions, nowMs: number) {
    this._intervalMs = intervalMs;
    this._shortestMs = Math.min(intervalMs / 3, leastMs);
    this._longestMs = Math.max(intervalMs, maxIntervalMs);
    this.opened(nowMs);
  }

  /** Round trip of the connection's last heartbeat in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this._roundTripMs;
  }

  get intervalMs(): number {
    return this._intervalMs;
  }

  /** Begins with a new connection, of which nothing but the interval is known. */
  opened(nowMs: number): void {
    this._sentMs = nowMs;
    this._receivedMs = nowMs;
    this._quietMs = 0;
    this._pending = undefined;
    this._roundTripMs = undefined;
  }

  /** Takes note that a frame was sent. */
  sent(nowMs: number): void {
    this._passed(nowMs);
    this._sentMs = nowMs;
  }

  /** Takes note that a frame was received. */
  received(nowMs: number): void {
    this._passed(nowMs);
    if (this._quietMs >= this._doubtedMs * asLong) this._losses = 0;
    this._quietMs = 0;
    this._receivedMs = nowMs;
  }

  /** Takes note that a heartbeat was sent under `ref`. */
  beat(ref: string, nowMs: number): void {
    this.sent(nowMs);
    this._pending = { ref, atMs: nowMs };
  }

  /** Takes note that a reply on topic "phoenix" was received. */
  reply(ref: string | null, nowMs: number): void {
    if (this._pending?.ref !== ref) return;
    this._roundTripMs = nowMs - this._pending.atMs;
    this._pending = undefined;
    if (nowMs - this._doubtedAtMs >= failedForMs) this._losses = 0;
    if (nowMs - this._failedAtMs >= failedForMs) this._failedMs = Number.POSITIVE_INFINITY;
    // In doubt it does not grow: an answer after a shorter quiet says nothing of a longer one.
    if (this._losses > 0) return;
    this._intervalMs = Math.min(this._intervalMs * growth, this._longestMs, this._failedMs / growth);
  }

  /**
   * Takes note that the connection was lost: no close frame came, or no answer to a beat.
   * @returns whether the interval is shorter from now on
   */
  lost(nowMs: number): boolean {
    // The wait for an answer that did not come is no quiet that the path was to bear: the quiet before the beat is.
    if (this._pending === undefined) this._passed(nowMs);
    if (this._quietMs < this._shortestMs) return false;
    this._doubtedMs = this._quietMs;
    this._doubtedAtMs = nowMs;
    if (++this._losses < lossesThatTell) return false;
    this._failedMs = Math.max(this._intervalMs, this._shortestMs * growth);
    this._failedAtMs = nowMs;
    this._intervalMs = this._failedMs / growth;
    this._doubtedMs = this._intervalMs;
    return true;
  }

  /** What to do now; ask again after `delayMs` of a "wait". */
  next(nowMs: number): Beat {
    const sinceMs = this._pending ? this._pending.atMs : Math.min(this._sentMs, this._receivedMs);
    const delayMs = sinceMs + this._intervalMs - nowMs;
    if (delayMs > 0) return { type: "wait", delayMs };
    return this._pending ? { type: "dead" } : { type: "send" };
  }

  /** Takes note that until now no frame has passed since the last one. */
  private _passed(nowMs: number): void {
    this._quietMs = Math.max(this._quietMs, nowMs - Math.max(this._sentMs, this._receivedMs));
  }
}
