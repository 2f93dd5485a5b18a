/*
 * DeviceChannel: the handler of the device topic. Its join payload names the running firmware. It is the one dispatch of the
 * server's events: to the updater, to the link, or else to the feature that knows the event.
 */

import { fieldsOf } from "../../modules/json/fields.js";
import type { ChannelHandler, Pusher } from "../connection/channel-handler.js";
import type { DevicePusher } from "../connection/device-pusher.js";
import type { Feature } from "../feature.js";
import { tell } from "../log/guarded.js";
import type { Log } from "../log/log.js";
import { deviceApiVersion, deviceTopic, fromServer, toServer } from "../protocol.js";
import type { Trial } from "../update/trial.js";
import type { Updater } from "../update/updater.js";
import { type Firmware, firmwareKeys } from "./firmware.js";

/** Characters of a script's reference; the server's have six, or "connecting_code". */
export const maxScriptRefCharacters = 64;

export interface DeviceChannelOptions {
  log: Log;
  firmware: Firmware;
  updater: Updater;
  trial: Trial;
  networkInterface: string;
  pusher: DevicePusher;
  /** The link's features; the list may grow. */
  features: readonly Feature[];
  listener: DeviceListener;
}

/** What an operator asks of the whole device. */
export interface DeviceListener {
  restart(): void;
  identify(): void;
}

export class DeviceChannel implements ChannelHandler {
  readonly topic = deviceTopic;
  private readonly _options: DeviceChannelOptions;

  constructor(options: DeviceChannelOptions) {
    this._options = options;
  }

  joinPayload(): object {
    const { firmware, updater, trial } = this._options;
    const state = { validated: !trial.running, revertDetected: trial.revertDetected };
    const payload = deviceJoin(firmware, state, updater.currentlyDownloading);
    this._each((feature) => feature.joining?.(payload));
    return payload;
  }

  joined(_response: unknown, pusher: Pusher): void {
    const { updater, networkInterface } = this._options;
    this._options.pusher.joined = pusher;
    pusher.push(toServer.reportNetworkInterface, { interface: networkInterface });
    const type = connectionType(networkInterface);
    if (type !== undefined) pusher.push(toServer.connectionTypes, { values: [type] });
    updater.online();
    this._each((feature) => feature.online?.());
  }

  message(event: string, payload: unknown): void {
    const { pusher, features, updater, listener, log } = this._options;
    if (pusher.joined === undefined) return;
    switch (event) {
      case fromServer.update:
        this._each((feature) => feature.updating?.());
        updater.offered(payload);
        return;
      case fromServer.reboot:
        listener.restart();
        return;
      case fromServer.identify:
        listener.identify();
        return;
    }
    for (const feature of features) if (this._takes(feature, event, payload)) return;
    if (event === fromServer.scriptsRun) this._refuseScript(payload);
    else log.debug("The server sent an event that this agent does not know.");
  }

  left(): void {
    this._options.pusher.joined = undefined;
    this._each((feature) => feature.offline?.());
  }

  /** Whether a feature has handled the event. A feature that throws has not: the next one is asked. */
  private _takes(feature: Feature, event: string, payload: unknown): boolean {
    let taken = false;
    tell(this._options.log, "a feature", () => {
      taken = feature.message?.(event, payload) === true;
    });
    return taken;
  }

  /** Without an answer, an operator would wait 15 s and learn nothing. */
  private _refuseScript(payload: unknown): void {
    const { ref } = fieldsOf(payload);
    if (typeof ref !== "string" || ref.length > maxScriptRefCharacters) return;
    const output = "This device runs no scripts: its firmware has not switched them on.";
    this._options.pusher.push(toServer.scriptsRun, { ref, result: "error", output, return: "" });
  }

  private _each(body: (feature: Feature) => void): void {
    const { features, log } = this._options;
    for (const feature of features) tell(log, "a feature", () => body(feature));
  }
}

/**
 * The complete join payload of the device topic. A join that does not name the running firmware makes the server forget the
 * device's update and its failures (nerves_hub_web, device_link.ex).
 *
 * @param downloading uuid of the update under way, or undefined. Any text keeps the server's record of an update alive, so
 *   the key is absent without an update.
 */
export const deviceJoin = (
  firmware: Firmware,
  state: { validated: boolean; revertDetected: boolean },
  downloading: string | undefined,
): Record<string, unknown> => {
  const payload: Record<string, unknown> = {
    device_api_version: deviceApiVersion,
    ...firmwareKeys(firmware),
    meta: { firmware_validated: state.validated, firmware_auto_revert_detected: state.revertDetected },
  };
  if (downloading !== undefined) payload["currently_downloading_uuid"] = downloading;
  return payload;
};

/** NervesHub's word for an interface (nerves_hub_web, connection_types), undefined where it has none. */
const connectionType = (networkInterface: string): "wifi" | "ethernet" | "cellular" | undefined => {
  if (networkInterface.startsWith("wlan")) return "wifi";
  if (networkInterface.startsWith("eth") || networkInterface.startsWith("en")) return "ethernet";
  return networkInterface.startsWith("wwan") || networkInterface.startsWith("ppp") ? "cellular" : undefined;
};
