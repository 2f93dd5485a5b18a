/*
 * ManagedUpdates: the device decides when (nerves_hub_web, docs/device_managed_updates.md; API 2.4.0). Checking and
 * asking; what is then offered is an ordinary `update`.
 *
 * The rules it guards: nothing of this is said to a server that has not spoken of it; and after a refusal nothing is
 * asked before the time that the server named, which here is in minutes.
 */

import type { Clock } from "../../../modules/host/clock.js";
import { maxUpdateRefusalMinutes } from "../../../modules/limits/limits.js";
import { cut } from "../../../modules/text/cut.js";
import { printable } from "../../../modules/text/printable.js";
import type { Client, UpdateMode } from "../../client.js";
import type { ChannelPort } from "../../connection/channel-handler.js";
import { tell } from "../../log/guarded.js";
import type { Log } from "../../log/log.js";
import { toServer } from "../../protocol.js";

const modes: readonly unknown[] = Object.freeze(["automatic", "device_managed", "off"]);
/** Where a refusal names no time: what the server names as a rule. */
const defaultRefusalMinutes = 5;

const fieldsOf = (payload: unknown): Record<string, unknown> => {
  return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
};

export class ManagedUpdates {
  private readonly _clock: Clock;
  private readonly _log: Log;
  private readonly _client: Client;
  private _port: ChannelPort | undefined;
  private _mode: UpdateMode | undefined;
  /** Monotonic milliseconds before which no update is asked for. */
  private _notBeforeMs = 0;

  constructor(clock: Clock, log: Log, client: Client) {
    this._clock = clock;
    this._log = log;
    this._client = client;
  }

  /** The mode in force; undefined until the server has told, which servers before API 2.4.0 never do. */
  get mode(): UpdateMode | undefined {
    return this._mode;
  }

  /** How long an update may not be asked for, in milliseconds; 0: it may. */
  get waitMs(): number {
    return Math.max(0, this._notBeforeMs - this._clock.monotonic());
  }

  online(port: ChannelPort): void {
    this._port = port;
  }

  offline(): void {
    this._port = undefined;
    this._mode = undefined;
  }

  /** Asks whether there is an update; `updateChecked` is told. @returns false when it could not be asked */
  check(): boolean {
    return this._say(toServer.checkUpdate, {});
  }

  /** Asks for the update now. @returns false when it could not be asked, or not yet (`waitMs`) */
  request(): boolean {
    if (this.waitMs > 0) {
      this._log.info(`No update is asked for: the server wants ${Math.ceil(this.waitMs / 1000)} s more.`);
      return false;
    }
    return this._say(toServer.requestUpdate, {});
  }

  /** `updateModeChanged` is told what came of it. @returns false when it could not be asked */
  setMode(mode: "automatic" | "device_managed"): boolean {
    return this._say(toServer.setUpdateMode, { mode });
  }

  /** `update_mode` */
  modeTold(payload: unknown): void {
    const { mode, managed_updates_allowed: allowed } = fieldsOf(payload);
    if (!modes.includes(mode)) return;
    const told = mode as UpdateMode;
    this._mode = told;
    this._log.info(`Update mode: ${told}.`);
    tell(this._log, "updateModeChanged", () => this._client.updateModeChanged?.(told, allowed === true));
  }

  /** `update_available` */
  checked(payload: unknown): void {
    const { available, firmware_meta: meta } = fieldsOf(payload);
    const { version } = fieldsOf(meta);
    const known = available === true && typeof version === "string" ? version : undefined;
    this._log.info(
      available === true ? `The server has an update${known ? ` to ${known}` : ""}.` : "There is no update.",
    );
    tell(this._log, "updateChecked", () => this._client.updateChecked?.(available === true, known));
  }

  /** `update_rejected` */
  rejected(payload: unknown): void {
    const { reason, delay_for: minutes } = fieldsOf(payload);
    const named = typeof minutes === "number" && Number.isFinite(minutes) && minutes >= 0;
    const delayMs = Math.min(named ? minutes : defaultRefusalMinutes, maxUpdateRefusalMinutes) * 60_000;
    this._notBeforeMs = this._clock.monotonic() + delayMs;
    const why = typeof reason === "string" ? printable(cut(reason, 100)) : "no reason given";
    this._log.info(
      `The server gives no update now (${why}); none is asked for within ${Math.ceil(delayMs / 60_000)} min.`,
    );
    tell(this._log, "updateRejected", () => this._client.updateRejected?.(why, delayMs));
  }

  private _say(event: string, payload: object): boolean {
    if (this._mode === undefined) {
      this._log.info("The server does not offer device-managed updates, or is not connected.");
      return false;
    }
    return this._port?.push(event, payload) !== undefined;
  }
}
