/*
 * What the JSON endpoint and the page show and do: the hub, as a person sees it.
 */

import type { Device } from "../device.js";
import type { DeviceSocket } from "../device-socket.js";
import type { DownloadFaults } from "../download-faults.js";
import type { FirmwareImage, FirmwareLibrary } from "../firmware-library.js";
import type { FrameLog } from "../frame-log.js";
import type { Operator } from "../operator.js";
import type { Settings } from "../options.js";
import type { Orchestrator } from "../orchestrator.js";
import type { Timeline, TimelineEntry } from "../timeline.js";

export interface Shown {
  readonly settings: Settings;
  /** Whoever has it may act. */
  readonly token: string;
  /** How to connect a device, with the secret: for whoever may act. */
  readonly connectingLines: string;
  readonly operator: Operator;
  readonly orchestrator: Orchestrator;
  readonly library: FirmwareLibrary;
  readonly timeline: Timeline;
  readonly frames: FrameLog;
  readonly faults: DownloadFaults;
  devices(): readonly Device[];
  device(identifier: string): Device | undefined;
  /** The device's open connection, if it has one. */
  socket(identifier: string): DeviceSocket | undefined;
  /** @returns a sentence when it is refused */
  addImage(bytes: Uint8Array, name: string): FirmwareImage | string;
  onEvent(listener: (entry: TimelineEntry) => void): () => void;
}
