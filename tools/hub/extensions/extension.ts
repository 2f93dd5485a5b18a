/*
 * The hub's side of one extension: what it does when a device attaches it and what it makes of the device's messages.
 * Nothing in here may crash the channel: what cannot be used is said in the timeline and dropped.
 */

import type { Timers } from "../../../modules/platform/timers.js";
import type { Device } from "../device.js";
import type { Json } from "../json.js";
import type { HubClock } from "../system-time.js";

export interface ExtensionContext {
  readonly device: Device;
  readonly clock: HubClock;
  readonly timers: Timers;
  readonly healthIntervalMs: number;
  /** 0 for never. */
  readonly geoIntervalMs: number;
  /** The version in force: the one advertised, not the one declared. */
  readonly version: string;
  /** Pushes `<name>:<event>`. */
  push(event: string, payload: Json): void;
  /** Asks another extension for a fresh report, if the device has it. */
  refresh(name: string): void;
  /** One line in the timeline, under the extension's name. */
  say(text: string, data?: Json): void;
  /** What the extension last reported, shown with the device. */
  keep(report: Json): void;
}

export interface ServerExtension {
  attached(): void;
  detached(): void;
  receive(event: string, payload: Json): void;
}
