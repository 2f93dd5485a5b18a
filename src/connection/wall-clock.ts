/*
 * WallClock: the time of day for signing and for checking certificates, and its source.
 *
 * The server refuses a signature whose time is 90 s old or in the future, and that refusal looks like a wrong secret. The time
 * comes from the first of these that has one: the platform's clock (which SNTP sets), the `Date` header of an answer to the
 * upgrade (refused or not), the time in the store, the time of this firmware's build. The log names the source. The last two
 * are only earlier than the true time: the platform's clock is not set by them.
 *
 * The rules it guards: a time before this firmware's build or far after it is never believed. A `Date` header is believed only
 * after the connection that carried it was verified. It corrects the time of signatures. It sets the platform's clock, which
 * later certificates are checked by, only while that clock knows no time. When it contradicts that clock, the platform is
 * told (`onContradicted`) and may ask for the time again.
 */

import { timeBounds } from "../../modules/ota/build-time.js";
import type { Clock, TimeBounds } from "../../modules/platform/clock.js";
import type { Store } from "../../modules/platform/store.js";
import type { Log } from "../log/log.js";

const storeKey = "last-time";

/** Signatures are dated this far in the past: the server accepts an age of 90 s and no future time. */
const signedInPastMs = 2000;

/** Age at which the server refuses a signature, in seconds. */
const maxSignatureAgeS = 90;

/** From this age on the time is corrected before signatures fail: a slow connection adds to the age. */
const comfortableAgeS = 60;

/** A slow connection delays a `Date` header: only a larger difference shows that the clocks differ. */
const contradictionMs = 60_000;

/** A larger change between the platform's clock and the monotonic clock shows that somebody has set the platform's clock. */
const jumpMs = 1500;

type Source = "the device's clock" | "a Date header" | "the store" | "the build time";

/** A signature, judged by the `Date` header of its answer. */
export interface Signed {
  /** Age of the signature when the server checked it, in seconds; negative for the future. */
  readonly ageS: number;
  /** The server refuses every signature of this age. */
  readonly refused: boolean;
}

/** By a `Date` header. */
interface Correction {
  /** To be added to the platform's time, in milliseconds. */
  readonly offsetMs: number;
  /** The platform's clock minus the monotonic clock, in milliseconds: it changes when somebody sets the platform's clock. */
  readonly basisMs: number;
}

export class WallClock {
  private readonly _clock: Clock;
  private readonly _store: Store;
  private readonly _log: Log;
  private readonly _bounds: TimeBounds;
  /** The correction of the platform's clock; valid until somebody else sets that clock. */
  private _correction: Correction | undefined;
  private _source: Source = "the device's clock";

  /** @param builtMs when this firmware was built, milliseconds since 1970: earlier times are not believed */
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

  /** Whether the platform's clock has a plausible time. */
  get known(): boolean {
    return this._hostTime() !== undefined;
  }

  /**
   * Waits for the time no longer: while the platform's clock knows none, certificates are judged by the stored time of the
   * last accepted join, or else by the time of this firmware's build, since the true time is not before it. Without it no
   * certificate could be judged where SNTP is blocked, and the device would wait for ever.
   */
  seed(): void {
    if (this.known) return;
    const stored = this._stored();
    const earliestMs = stored ?? this._bounds.earliestMs;
    this._clock.earliestMs = earliestMs;
    const from = stored === undefined ? "time of this firmware's build" : "last known time";
    const day = new Date(earliestMs).toISOString().slice(0, 10);
    this._log.warning(
      `The time is unknown; it starts from the ${from} (${day}): certificates that have expired since are not noticed until a server has told the time. Check that SNTP is reachable.`,
    );
  }

  /** Time to sign with, seconds since 1970. Never undefined: a refusal of a guess has a Date header with the true time. */
  signingTime(): number {
    return Math.floor((this._now() - signedInPastMs) / 1000);
  }

  /**
   * Learns the time from the `Date` header of an answer to the upgrade, accepted or refused: a clock may be wrong by months
   * before a certificate check fails, and by a minute before a signature is refused.
   * @param signedAt the `signingTime` of this attempt; undefined when nothing was signed
   * @returns undefined when the header is unusable or nothing was signed
   */
  learn(header: string | undefined, signedAt: number | undefined): Signed | undefined {
    const serverMs = header === undefined ? Number.NaN : Date.parse(header);
    if (!this._plausible(serverMs)) return undefined;
    const hostMs = this._hostTime();
    if (hostMs === undefined) {
      this._set(serverMs);
      this._log.warning("The time was unknown; the clock is set from the server's Date header.");
    } else if (Math.abs(serverMs - hostMs) > contradictionMs) this._clock.onContradicted?.();
    if (signedAt === undefined) return undefined;
    // Header and signature are both truncated to whole seconds: the age is exact, however slow the connection was.
    const ageS = serverMs / 1000 - signedAt;
    if (hostMs !== undefined && (ageS < 0 || ageS >= comfortableAgeS)) {
      const basisMs = hostMs - this._clock.monotonic();
      this._correction = { offsetMs: serverMs - hostMs, basisMs };
      const seconds = Math.round(Math.abs(ageS - signedInPastMs / 1000));
      const direction = ageS < 0 ? "ahead of" : "behind";
      this._log.warning(`The clock is ${seconds} s ${direction} the server's, whose time is used to sign from now on.`);
      this._clock.onContradicted?.();
    }
    return { ageS, refused: ageS < 0 || ageS >= maxSignatureAgeS };
  }

  /** Stores the time after the server accepted the join: good enough to start from after a restart. */
  remember(): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, this._now());
    this._store.set(storeKey, bytes);
  }

  private _plausible(nowMs: number): boolean {
    return nowMs >= this._bounds.earliestMs && nowMs <= this._bounds.latestMs;
  }

  private _set(nowMs: number): void {
    this._clock.set(nowMs);
    const basisMs = (this._clock.now() ?? nowMs) - this._clock.monotonic();
    this._correction = { offsetMs: 0, basisMs };
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
    const { offsetMs, basisMs } = this._correction;
    if (Math.abs(hostMs - this._clock.monotonic() - basisMs) > jumpMs) {
      // Somebody, most likely SNTP, has set the clock: the new time is better than the correction of the old one.
      this._correction = undefined;
      this._source = "the device's clock";
      return hostMs;
    }
    this._source = "a Date header";
    return hostMs + offsetMs;
  }
}
