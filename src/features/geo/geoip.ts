/*
 * GeoIp: a rough position, which a public service derives from the device's IP address; the official agent uses the same
 * service (nerves_hub_link, extensions/geo/default_resolver.ex; github.com/nerves-networking/whenwhere).
 *
 * It reveals the device to that service, so it is off unless an application passes it. The rule it guards: one request at a
 * time, an answer of at most 2 KB, and no new request for a day after an answer.
 */

import type { Fault } from "../../../modules/fault/fault.js";
import { HttpGet, type HttpListener, type HttpResponse } from "../../../modules/http/get.js";
import { parseUrl } from "../../../modules/http/url.js";
import { parseJson } from "../../../modules/json/parse.js";
import { decodeUtf8 } from "../../../modules/text/utf8.js";
import type { Core } from "../../feature.js";
import { wrong } from "../../option-checks.js";
import type { Position, PositionService } from "./position.js";

/** Bytes of a GeoIP answer; the usual service sends about 250. */
export const maxGeoIpBytes = 2048;

const defaultUrl = "https://whenwhere.nerves-project.org/";

/** Time for which an answer is used. */
const holdsMs = 86_400_000;
/** Time without requests after a failure. */
const failedWaitMs = 300_000;
const timeoutMs = 15_000;
const names = Object.freeze(["latitude", "longitude"] as const);

export class GeoIp implements PositionService, HttpListener {
  private _core: Core | undefined;
  private readonly _url: string;
  private _position: Position | undefined;
  private _askAgainMs = 0;
  private _request: HttpGet | undefined;
  private _found: (() => void) | undefined;
  private _status = 0;
  /** Body of the running request's answer. */
  private _body: Uint8Array | undefined;
  private _length = 0;

  /** @param url default: https://whenwhere.nerves-project.org/, as the official agent */
  constructor(url = defaultUrl) {
    this._url = url;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    const scheme = typeof this._url === "string" ? parseUrl(this._url)?.scheme : undefined;
    if (scheme !== "http" && scheme !== "https") throw wrong("geoip", "must be an http or https URL");
    this._core = core;
  }

  /** @returns the position if it is known; otherwise requests it and calls `found` when it is known */
  resolve(found: () => void): Position | undefined {
    const now = this._core!.platform.clock.monotonic();
    if (now < this._askAgainMs || this._request !== undefined) return this._position;
    this._position = undefined;
    this._found = found;
    this._ask();
    return undefined;
  }

  close(): void {
    this._request?.close();
    this._letGo();
  }

  /** The service has answered (HttpListener, as the three that follow). */
  responded({ status }: HttpResponse): void {
    this._status = status;
  }

  data(bytes: Uint8Array): void {
    if (this._length + bytes.byteLength > maxGeoIpBytes) this._failed("its answer is too long");
    else this._body!.set(bytes, this._length);
    this._length += bytes.byteLength;
  }

  ended(): void {
    const position = this._status === 200 ? positionIn(this._body!.subarray(0, this._length)) : undefined;
    if (position === undefined) {
      this._failed(`it answered ${this._status} without a position`);
      return;
    }
    this._letGo();
    this._position = position;
    this._askAgainMs = this._core!.platform.clock.monotonic() + holdsMs;
    this._found?.();
  }

  failed(fault: Fault): void {
    this._failed(fault.message);
  }

  private _ask(): void {
    const { network, timers } = this._core!.platform;
    this._body = new Uint8Array(maxGeoIpBytes);
    this._length = 0;
    this._request = new HttpGet(
      {
        network,
        timers,
        url: this._url,
        headers: [["accept", "application/json"]],
        // The platform's trust anchors: the link's may be those of a private hub.
        secure: {},
        connectTimeoutMs: timeoutMs,
        idleTimeoutMs: timeoutMs,
      },
      this,
    );
  }

  private _letGo(): void {
    this._request = undefined;
    this._body = undefined;
  }

  private _failed(why: string): void {
    this.close();
    this._askAgainMs = this._core!.platform.clock.monotonic() + failedWaitMs;
    this._core!.log.info(`The GeoIP service gave no position: ${why}.`);
  }
}

/** Reads the service's answer: degrees as texts, or as numbers. @returns undefined when the answer has no position */
export const positionIn = (body: Uint8Array): Position | undefined => {
  try {
    const value = parseJson(decodeUtf8(body), names) as { latitude?: unknown; longitude?: unknown } | null;
    const latitude = Number.parseFloat(String(value?.latitude));
    const longitude = Number.parseFloat(String(value?.longitude));
    return Number.isFinite(latitude) && Number.isFinite(longitude)
      ? { latitude, longitude, source: "geoip" }
      : undefined;
  } catch {
    return undefined;
  }
};
