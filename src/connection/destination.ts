/*
 * Destination: where the next attempt connects and with which credentials. It follows redirects, signs at the moment of
 * connecting, and logs the first line of every attempt.
 *
 * The time of the next attempt is not decided here, but by Connector.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/platform/clock.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import type { Log } from "../log/log.js";
import { vsn } from "../protocol.js";
import { type CertificateCredentials, type Credentials, socketPathOf } from "./credentials.js";
import { lostUpgradeFault, refusalFault } from "./diagnosis.js";
import { type Place, redirectLocation } from "./redirect.js";
import { maxRetryAfterMs, retryAfterMs } from "./retry-after.js";
import type { Endpoint } from "./session.js";
import type { WallClock } from "./wall-clock.js";

export interface DestinationSettings {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly credentials: Credentials;
  /** Trust anchors, DER; undefined: the platform's. */
  readonly roots: Uint8Array[] | undefined;
}

export interface DestinationOptions {
  settings: DestinationSettings;
  clock: Clock;
  crypto: Crypto;
  wallClock: WallClock;
  log: Log;
}

/** What to do after a refusal: go to where it redirects at once, or say why and wait. */
export type Verdict = "redirected" | { readonly fault: Fault; readonly retryAfterMs: number | undefined };

export class Destination {
  private readonly _options: DestinationOptions;
  private readonly _configured: Place;
  /** Where redirects have led, until an attempt fails there. */
  private _place: Place;
  private _redirects = 0;
  /** The time in the signature of the current attempt, seconds since 1970. */
  private _signedAt: number | undefined;
  /** Codes of the certificate warnings that were logged last. */
  private _warned = "";

  constructor(options: DestinationOptions) {
    this._options = options;
    const { host, port, ssl, credentials } = options.settings;
    this._configured = { host, port, ssl, path: `${socketPathOf(credentials)}?vsn=${vsn}` };
    this._place = this._configured;
  }

  /** Whether the hub is reached over TLS: redirects count, not the configured value. */
  get tls(): boolean {
    return this._place.ssl;
  }

  /** Makes the endpoint of an attempt that begins now, and logs it. */
  endpoint(): Endpoint {
    const { settings, crypto, wallClock, log } = this._options;
    const { credentials, roots } = settings;
    const { host, port, path, ssl } = this._place;
    this._signedAt = undefined;
    const endpoint: Endpoint = { host, port, path, headers: [] };
    if (ssl) endpoint.secure = roots === undefined ? {} : { roots };
    let who = "with a client certificate";
    if (credentials.type === "certificate") {
      this._warn(credentials);
      endpoint.secure = { ...endpoint.secure, ...credentials.identity() };
    } else {
      const time = wallClock.signingTime();
      this._signedAt = time;
      endpoint.headers = credentials.headers(crypto, time);
      who = `with ${credentials.shown}, time from ${wallClock.source}`;
    }
    log.info(`Connecting to ${ssl ? "wss" : "ws"}://${host}:${port}${path.split("?")[0]} ${who}.`);
    return endpoint;
  }

  /** Learns the time from a refusal's `Date` header, and follows its redirect, if any. */
  refused(refusal: UpgradeRefusal): Verdict {
    const { settings, wallClock, log } = this._options;
    const { credentials } = settings;
    const { status, headers } = refusal;
    const date = headers.get("date");
    const { guessed } = wallClock;
    const signed = wallClock.learn(date, this._signedAt);
    if (status < 300 || status >= 400) {
      const fault = refusalFault(refusal, { credentials, signed, guessed });
      const nowMs = guessed ? undefined : wallClock.signingTime() * 1000;
      return { fault, retryAfterMs: retryAfterMs(headers, nowMs, maxRetryAfterMs) };
    }
    const place = redirectLocation(this._place, refusal, credentials, this._redirects);
    if (place instanceof Fault) return { fault: place, retryAfterMs: undefined };
    this._redirects++;
    this._place = place;
    log.info(`The server redirects (${status}) to ${place.host}:${place.port}.`);
    return "redirected";
  }

  /** The server took the upgrade: learns the time from its `Date` header, as from a refusal's. */
  opened(headers: ReadonlyMap<string, string>): void {
    this._options.wallClock.learn(headers.get("date"), this._signedAt);
  }

  /** Explains a fault of an attempt that ended before the server answered, from credentials and TLS. */
  explain(fault: Fault): Fault {
    return lostUpgradeFault(fault, this._options.settings.credentials, this._place.ssl);
  }

  /** The server has accepted the join: later attempts use this place until one fails. */
  accepted(): void {
    this._redirects = 0;
  }

  /** An attempt failed: the next one begins at the configured place, since redirects may have changed. */
  failed(): void {
    this._redirects = 0;
    this._place = this._configured;
  }

  private _warn(credentials: CertificateCredentials): void {
    const { clock, wallClock, log } = this._options;
    const faults = credentials.warnings(wallClock.known ? clock.now() : undefined);
    const codes = faults.map(({ code }) => code).join(" ");
    if (codes === this._warned) return;
    this._warned = codes;
    for (const { message, code } of faults) log.warning(`${message} [${code}]`);
  }
}
