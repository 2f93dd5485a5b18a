/*
 * LinkCore: the features of one link, and what they see of the link.
 *
 * The rule it guards: each feature is installed once, and a feature that `feature` is asked for is installed before it is
 * returned.
 */

import type { SecureOptions } from "../modules/platform/byte-stream.js";
import type { Platform } from "../modules/platform/platform.js";
import type { Connector } from "./connection/connector.js";
import type { DevicePusher } from "./connection/device-pusher.js";
import type { Core, Feature } from "./feature.js";
import type { FirmwareMetadata } from "./firmware/firmware-metadata.js";
import type { Log } from "./log/log.js";
import type { Redactor } from "./log/redact.js";
import type { Protection } from "./update/protection.js";
import type { Trust } from "./update/trust.js";
import type { Updater } from "./update/updater.js";

/** What the features of a link are built on. */
export interface CoreParts {
  platform: Platform;
  log: Log;
  redactor: Redactor;
  name: string;
  firmware: FirmwareMetadata;
  trust: Trust;
  secure: SecureOptions;
  pusher: DevicePusher;
  connector: Connector;
  updater: Updater;
  identifier: string;
  protection: Protection | undefined;
  /** Restarts the device in an orderly way. */
  restart: () => void;
}

export class LinkCore implements Core {
  readonly features: Feature[] = [];
  readonly platform: Platform;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly name: string;
  readonly firmware: FirmwareMetadata;
  readonly trust: Trust;
  readonly secure: SecureOptions;
  readonly update: Updater;
  readonly identifier: string;
  readonly restart: () => void;
  private readonly _pusher: DevicePusher;
  private readonly _connector: Connector;
  private readonly _protection: Protection | undefined;
  private _given: readonly Feature[] = [];

  constructor(parts: CoreParts) {
    this.platform = parts.platform;
    this.log = parts.log;
    this.redactor = parts.redactor;
    this.name = parts.name;
    this.firmware = parts.firmware;
    this.trust = parts.trust;
    this.secure = parts.secure;
    this.update = parts.updater;
    this.identifier = parts.identifier;
    this.restart = parts.restart;
    this._pusher = parts.pusher;
    this._connector = parts.connector;
    this._protection = parts.protection;
  }

  get tls(): boolean {
    return this._connector.tls;
  }

  get lacking(): string | undefined {
    return this._protection?.lacking;
  }

  get roundTripMs(): number | undefined {
    return this._connector.roundTripMs;
  }

  get bufferedBytes(): number {
    return this._connector.bufferedBytes;
  }

  push(event: string, payload: object): string | undefined {
    return this._pusher.push(event, payload);
  }

  join(topic: string): void {
    this._connector.join(topic);
  }

  /** @param given the application's features, in its order @throws Fault of stage "options" */
  install(given: readonly Feature[]): void {
    this._given = given;
    for (const feature of given) this._install(feature);
    this._given = [];
  }

  feature<F extends Feature>(kind: new () => F): F {
    const found = [...this.features, ...this._given].find((feature) => feature instanceof kind) as F | undefined;
    const feature = found ?? new kind();
    this._install(feature);
    return feature;
  }

  private _install(feature: Feature): void {
    if (this.features.includes(feature)) return;
    this.features.push(feature);
    feature.install?.(this);
  }
}
