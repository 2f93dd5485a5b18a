/*
 * geo 0.0.1: tells the device's position when the server asks for it.
 *
 * The rule it guards: only a valid position is sent, since the server stores whatever it gets. A valid position has two finite
 * numbers within the range of degrees, and is not 0°/0°, which receivers without a fix report.
 */

import { cut } from "../../../modules/text/cut.js";
import type { Core, Feature } from "../../feature.js";
import { type Kind, type LastFailure, take, withoutPromises } from "../../log/guarded.js";
import { requireObject } from "../../option-checks.js";
import { Answer, type Answering } from "../extensions/answer.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { type Attempt, Outbox } from "../extensions/outbox.js";
import type { Position, PositionService } from "./position.js";

/** Characters of a position's source: "gps". */
export const maxGeoSourceCharacters = 64;

/** A fixed position, a function that returns the current one (undefined: unknown now), or a `GeoIp`. None is sent if it fails. */
export type PositionProvider = Position | (() => Position | undefined) | PositionService;

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

const isService = (provider: PositionProvider): provider is PositionService =>
  typeof provider === "object" && "resolve" in provider;

export class Geo implements Feature, Extension, Answering {
  readonly key = "geo";
  readonly versions = ["0.0.1"];
  private _core: Core | undefined;
  private readonly _provider: PositionProvider;
  private _answer: Answer | undefined;
  private readonly _lastFailure: LastFailure = {};

  constructor(provider: PositionProvider) {
    this._provider = provider;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    if (typeof this._provider !== "function") requireObject("geo", this._provider);
    this._core = core;
    this._answer = new Answer(core.feature(Outbox), this);
    if (isService(this._provider)) this._provider.install(core);
    core.feature(Extensions).add(this);
  }

  /** Sends the position without being asked, after a move. @returns false while the server wants none */
  report(): boolean {
    return this._answer?.owe() ?? false;
  }

  attached(attachment: Attachment): void {
    this._answer?.attached(attachment);
  }

  event(event: string): void {
    if (event === "location:request") this.report();
  }

  detached(): void {
    this._answer?.detached();
    if (isService(this._provider)) this._provider.close();
  }

  /** Sends the position (Answering). */
  answer(attachment: Attachment): Attempt {
    const position = this._position();
    if (position === undefined) return "empty";
    if (!isPosition(position)) {
      this._core!.log.warning("geo: the position is not one on this planet; it is not sent.");
      return "empty";
    }
    const { latitude, longitude, accuracy } = position;
    const source = typeof position.source === "string" ? cut(position.source, maxGeoSourceCharacters) : "device";
    const payload = { latitude, longitude, source, ...(Number.isFinite(accuracy) ? { accuracy } : {}) };
    return attachment.send("location:update", payload) ? "sent" : "refused";
  }

  private _position(): Position | undefined {
    const provider = this._provider;
    if (isService(provider)) return provider.resolve(() => this.report());
    const ask = (): unknown => (typeof provider === "function" ? provider() : provider);
    const position = take(this._core!.log, "geo", ask, positions, this._lastFailure);
    return position === "none" ? undefined : position;
  }
}
