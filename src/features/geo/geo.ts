/*
 * geo 0.0.1: where the device is, when the server asks.
 *
 * The rule it guards: nothing is sent without a position. The server stores whatever it gets, so a position must be two
 * finite numbers on this planet, and not 0°/0°, which is what receivers without a fix say.
 */

import type { Host } from "../../../modules/host/host.js";
import { maxGeoSourceCharacters } from "../../../modules/limits/limits.js";
import { cut } from "../../../modules/text/cut.js";
import { type Kind, type Said, take, withoutPromises } from "../../log/guarded.js";
import type { Log } from "../../log/log.js";
import { Answer } from "../extensions/answer.js";
import type { Extension, ExtensionPort } from "../extensions/extension.js";
import type { Attempt } from "../extensions/paced-sender.js";
import { GeoIp } from "./geoip.js";

export interface Position {
  /** Degrees, north is positive. */
  readonly latitude: number;
  /** Degrees, east is positive. */
  readonly longitude: number;
  /** Metres. */
  readonly accuracy?: number;
  /** Where it comes from, shown to the operator: "gps", "fixed". Default "device". */
  readonly source?: string;
}

/** A fixed position, or a function that knows the current one (undefined: not now). When it fails, none is sent. */
export type PositionProvider = Position | (() => Position | undefined);

export const isPosition = (position: Position | undefined): position is Position => {
  if (position === undefined || position === null) return false;
  const { latitude, longitude } = position;
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return false;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && !(latitude === 0 && longitude === 0);
};

const positions: Kind<Position | "none"> = Object.freeze({
  wanted: "a position (latitude and longitude as numbers) or undefined",
  read: (value: unknown) => {
    if (value === undefined) return "none";
    if (typeof value !== "object" || value === null) return undefined;
    const { latitude, longitude, accuracy, source } = value as Position;
    const position = withoutPromises({ latitude, longitude, accuracy, source });
    return typeof latitude === "number" && typeof longitude === "number" ? position : undefined;
  },
});

export class Geo implements Extension {
  readonly key = "geo";
  readonly versions = ["0.0.1"];
  private readonly _log: Log;
  private readonly _provider: PositionProvider | GeoIp;
  private readonly _answer: Answer;
  private readonly _said: Said = {};

  constructor(host: Host, log: Log, provider: PositionProvider | GeoIp) {
    this._log = log;
    this._provider = provider;
    this._answer = new Answer(host, (port) => this._send(port));
  }

  /** Sends the position without being asked, after a move. @returns false while the server wants none */
  report(): boolean {
    return this._answer.owe();
  }

  attached(port: ExtensionPort): void {
    this._answer.attached(port);
  }

  event(event: string): void {
    if (event === "location:request") this.report();
  }

  detached(): void {
    this._answer.detached();
    if (this._provider instanceof GeoIp) this._provider.close();
  }

  private _send(port: ExtensionPort): Attempt {
    const position = this._position();
    if (position === undefined) return "empty";
    if (!isPosition(position)) {
      this._log.warning("geo: the position is not one on this planet; it is not sent.");
      return "empty";
    }
    const { latitude, longitude, accuracy } = position;
    const source = typeof position.source === "string" ? cut(position.source, maxGeoSourceCharacters) : "device";
    const payload = { latitude, longitude, source, ...(Number.isFinite(accuracy) ? { accuracy } : {}) };
    return port.send("location:update", payload) ? "sent" : "refused";
  }

  private _position(): Position | undefined {
    const provider = this._provider;
    if (provider instanceof GeoIp) return provider.resolve(() => this.report());
    const ask = (): unknown => (typeof provider === "function" ? provider() : provider);
    const position = take(this._log, "geo", ask, positions, this._said);
    return position === "none" ? undefined : position;
  }
}
