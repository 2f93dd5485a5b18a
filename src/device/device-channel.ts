/*
 * The device topic: the join that says what runs, and the server's messages on it, each passed to what deals with it.
 */

import type { ChannelHandler, ChannelPort } from "../connection/channel-handler.js";
import type { Log } from "../log/log.js";
import { deviceApiVersion, deviceTopic, toServer } from "../protocol.js";
import type { Trial } from "../update/trial.js";
import type { Updater } from "../update/updater.js";
import { type Firmware, firmwareKeys } from "./firmware.js";

export interface DeviceChannelOptions {
  log: Log;
  firmware: Firmware;
  updater: Updater;
  trial: Trial;
  networkInterface: string;
  /** Deals with an event of the server. @returns false: it is not known */
  event(event: string, payload: unknown, port: ChannelPort): boolean;
  joined(port: ChannelPort): void;
  left(): void;
}

export class DeviceChannel implements ChannelHandler {
  readonly topic = deviceTopic;
  private readonly _options: DeviceChannelOptions;
  private _port: ChannelPort | undefined;

  constructor(options: DeviceChannelOptions) {
    this._options = options;
  }

  joinPayload(): object {
    const { firmware, updater, trial } = this._options;
    const state = { validated: !trial.running, revertDetected: trial.revertDetected };
    return deviceJoin(firmware, state, updater.currentlyDownloading);
  }

  joined(_response: unknown, port: ChannelPort): void {
    const { updater, networkInterface, joined } = this._options;
    this._port = port;
    port.push(toServer.reportNetworkInterface, { interface: networkInterface });
    const type = connectionType(networkInterface);
    if (type !== undefined) port.push(toServer.connectionTypes, { values: [type] });
    updater.online(port);
    joined(port);
  }

  message(event: string, payload: unknown): void {
    if (this._port === undefined || this._options.event(event, payload, this._port)) return;
    this._options.log.debug("The server sent an event that this agent does not know.");
  }

  left(): void {
    this._port = undefined;
    this._options.updater.offline();
    this._options.left();
  }
}

/**
 * What the device topic is joined with. All of it: a join that does not say which firmware runs makes the server forget
 * the device's update and what failed (nerves_hub_web, device_link.ex).
 *
 * @param downloading uuid of the update under way. Any text keeps the server's record of it alive, so it is only said
 *   while there is one.
 */
export const deviceJoin = (
  firmware: Firmware,
  state: { validated: boolean; revertDetected: boolean },
  downloading: string | undefined,
): object => {
  const payload: Record<string, unknown> = {
    device_api_version: deviceApiVersion,
    ...firmwareKeys(firmware),
    fwup_public_keys: "on_connect",
    archive_public_keys: "on_connect",
    meta: { firmware_validated: state.validated, firmware_auto_revert_detected: state.revertDetected },
  };
  if (downloading !== undefined) payload["currently_downloading_uuid"] = downloading;
  return payload;
};

/** NervesHub's word for an interface (nerves_hub_web, connection_types), undefined where it has none. */
const connectionType = (networkInterface: string): "wifi" | "ethernet" | "cellular" | undefined => {
  if (networkInterface.startsWith("wlan")) return "wifi";
  if (/^e(th|n)/.test(networkInterface)) return "ethernet";
  return /^(wwan|ppp)/.test(networkInterface) ? "cellular" : undefined;
};
