/*
 * Attempts: counts failures in a row, for the backoff. Pure.
 *
 * The rules it guards: only an accepted join resets the count; an open socket does not. Two devices with one identifier evict
 * each other (1001), each time after an accepted join, so evictions in a row count as failures. A server or proxy that goes
 * down closes all connections within seconds, so the first wait after it is drawn from a longer span.
 */

/** An eviction after a connection of this length does not count: two devices with one identifier evict each other sooner. */
const lastingMs = 300_000;

/** A draining server closes 1,000 devices within 4 s and takes 100 a second: the first wait spreads over 8 s. */
const drainedAttempt = 3;

export class Attempts {
  private _failed = 0;
  /** Connections in a row that another connection with this identifier ended early. */
  private _replaced = 0;
  /** When the server accepted this connection, monotonic milliseconds. */
  private _acceptedMs: number | undefined;

  /** Whether the server has accepted this connection. */
  get accepted(): boolean {
    return this._acceptedMs !== undefined;
  }

  /** @returns whether this is the first accepted join of this connection */
  accept(nowMs: number): boolean {
    this._failed = 0;
    if (this.accepted) return false;
    this._acceptedMs = nowMs;
    return true;
  }

  /**
   * The connection, or the attempt to make one, has ended with this close code.
   * @param reasoned whether the close frame gave a reason
   * @returns the attempt for the backoff
   */
  end(code: number, nowMs: number, reasoned = false): number {
    const lasted = this._acceptedMs !== undefined && nowMs - this._acceptedMs >= lastingMs;
    this._acceptedMs = undefined;
    const drained = code === 1001 ? reasoned : code >= 1012 && code <= 1014;
    this._replaced = code === 1001 && !reasoned && !lasted ? this._replaced + 1 : 0;
    const least = drained ? drainedAttempt : this._replaced;
    const attempt = Math.max(this._failed, least);
    this._failed = attempt + 1;
    return attempt;
  }

  /** The application asked for a reconnect now: forgets all failures. */
  reset(): void {
    this._failed = 0;
    this._replaced = 0;
    this._acceptedMs = undefined;
  }
}
