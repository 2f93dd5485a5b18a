/*
 * WallClock: the time of day for signing and for judging certificates, and where it came from.
 *
 * A shared secret is refused when the time in it is 90 s old or ahead of the server at all, and the refusal looks like a
 * wrong secret. So the time is looked for in this order: the host's clock (which SNTP sets), the `Date` header of an
 * answer to the upgrade, be it a refusal or not, the last time known to the store. The log says which was used.
 *
 * The rules it guards: no time is believed before this firmware was built nor far beyond, wherever it comes from. And a
 * `Date` header is believed only after the connection that it came over was judged: it corrects what is signed; the
 * host's clock, by which later certificates are judged, it sets only where that knows no time at all. Where it
 * contradicts that clock, the host hears of it and may ask somebody who knows.
 */

import { timeBounds } from "../../modules/ota/build-time.js";
import type { Clock, TimeBounds } from "../../modules/platform/clock.js";
import type { Store } from "../../modules/platform/store.js";
import type { Log } from "../log/log.js";

const storeKey = "last-time";

/** Signed this much in the past: the server takes 90 s of age and nothing from the future. */
const signedInPastMs = 2000;

/** What the server takes, in seconds. */
const maxSignatureAgeS = 90;

/** With less room than this for a slow connection, the time is put right before it fails. */
const comfortableAgeS = 60;

/** A `Date` header is as old as the connection is slow: only a difference beyond this is one of the clocks'. */
const contradictionMs = 60_000;

/** The host's clock has been set meanwhile when it moved this much against the monotonic one. */
const jumpMs = 1500;

type Source = "the device's clock" | "a Date header" | "the store" | "the build time";

/** What a `Date` header said about a signature. */
export interface Signed {
  /** Of the signature when the server looked at it, in seconds; negative is the future. */
  readonly ageS: number;
  /** The server refuses such a signature whoever made it. */
  readonly refused: boolean;
}

interface Correction {
  readonly source: Source;
  /** To be added to the host's time, in milliseconds. */
  readonly offsetMs: number;
  /** The host's clock less the monotonic one, in milliseconds: changes when somebody sets the clock. */
  readonly basisMs: number;
}

export class WallClock {
  private readonly _clock: Clock;
  private readonly _store: Store;
  private readonly _log: Log;
  private readonly _bounds: TimeBounds;
  /** What is known about the host's clock; holds as long as nobody else sets that. */
  private _correction: Correction | undefined;
  private _source: Source = "the device's clock";

  /** @param builtMs when this firmware was built, milliseconds since 1970: no true time is before it */
  constructor(clock: Clock, store: Store, log: Log, builtMs: number) {
    this._clock = clock;
    this._store = store;
    this._log = log;
    this._bounds = timeBounds(builtMs);
  }

  /** Where the time of the last signature came from, for the log. */
  get source(): string {
    return this._source;
  }

  /** Whether the last signature was made with a time that is most likely wrong. */
  get guessed(): boolean {
    return this._source === "the store" || this._source === "the build time";
  }

  /** Whether the host's clock can be right. */
  get known(): boolean {
    return this._hostTime() !== undefined;
  }

  /**
   * Starts the host's clock from the last time that a server accepted, when it knows none. That time is behind, which
   * fails at worst as a certificate that is not valid yet; without it nothing could be judged where SNTP is blocked.
   */
  seed(): void {
    const stored = this.known ? undefined : this._stored();
    if (stored === undefined) return;
    this._set(stored, "the store");
    const day = new Date(stored).toISOString().slice(0, 10);
    this._log.warning(
      `The time is unknown; the clock starts from the last known time (${day}). Check that SNTP is reachable.`,
    );
  }

  /** Seconds since 1970 to sign with. Never undefined: a guess earns a refusal whose Date header says the true time. */
  signingTime(): number {
    return Math.floor((this._now() - signedInPastMs) / 1000);
  }

  /**
   * The `Date` header of the server's answer to the upgrade. One that accepts says as much as a refusal: a clock may be
   * wrong by months before a certificate is judged wrongly, and by a minute before a signature is refused.
   * @param signedAt what `signingTime` gave for this attempt; undefined when nothing was signed
   * @returns undefined when the header is no use, or nothing was signed
   */
  learn(header: string | undefined, signedAt: number | undefined): Signed | undefined {
    const serverMs = header === undefined ? Number.NaN : Date.parse(header);
    if (!this._plausible(serverMs)) return undefined;
    const hostMs = this._hostTime();
    if (hostMs === undefined) {
      this._set(serverMs, "a Date header");
      this._log.warning("The time was unknown; the clock is set from the server's Date header.");
    } else if (Math.abs(serverMs - hostMs) > contradictionMs) this._clock.onContradicted?.();
    if (signedAt === undefined) return undefined;
    // Both are whole seconds, the header cut off as the signature is: exact, however slow the connection was.
    const ageS = serverMs / 1000 - signedAt;
    if (hostMs !== undefined && (ageS < 0 || ageS >= comfortableAgeS)) {
      const basisMs = hostMs - this._clock.monotonic();
      this._correction = { source: "a Date header", offsetMs: serverMs - hostMs, basisMs };
      const seconds = Math.round(Math.abs(ageS - signedInPastMs / 1000));
      const direction = ageS < 0 ? "ahead of" : "behind";
      this._log.warning(`The clock is ${seconds} s ${direction} the server's, whose time is used to sign from now on.`);
      this._clock.onContradicted?.();
    }
    return { ageS, refused: ageS < 0 || ageS >= maxSignatureAgeS };
  }

  /** The server has accepted us: this time is good enough to start from after a restart. */
  remember(): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, this._now());
    this._store.set(storeKey, bytes);
  }

  private _plausible(nowMs: number): boolean {
    return nowMs >= this._bounds.earliestMs && nowMs <= this._bounds.latestMs;
  }

  private _set(nowMs: number, source: Source): void {
    this._clock.set(nowMs);
    const basisMs = (this._clock.now() ?? nowMs) - this._clock.monotonic();
    this._correction = { source, offsetMs: 0, basisMs };
  }

  private _hostTime(): number | undefined {
    const now = this._clock.now();
    return now !== undefined && this._plausible(now) ? now : undefined;
  }

  private _stored(): number | undefined {
    const bytes = this._store.get(storeKey);
    const stored = bytes?.byteLength === 8 ? new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0) : Number.NaN;
    return this._plausible(stored) ? stored : undefined;
  }

  private _now(): number {
    const hostMs = this._hostTime();
    if (hostMs === undefined) {
      const stored = this._stored();
      this._source = stored === undefined ? "the build time" : "the store";
      return stored ?? this._bounds.earliestMs;
    }
    if (this._correction === undefined) {
      this._source = "the device's clock";
      return hostMs;
    }
    const { source, offsetMs, basisMs } = this._correction;
    if (Math.abs(hostMs - this._clock.monotonic() - basisMs) > jumpMs) {
      // Somebody has set the clock, SNTP most likely: that is better than what was known about the old one.
      this._correction = undefined;
      this._source = "the device's clock";
      return hostMs;
    }
    this._source = source;
    return hostMs + offsetMs;
  }
}
