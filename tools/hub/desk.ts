/*
 * What the parts of a hub share: settings, timeline, images, orchestrator. A plain record, so that a channel can be
 * made in a test with just what it needs.
 */

import type { Device } from "./device.js";
import type { Downloads } from "./downloads.js";
import type { FirmwareLibrary } from "./firmware-library.js";
import type { FrameLog } from "./frame-log.js";
import type { Json } from "./json.js";
import type { Settings } from "./options.js";
import type { Orchestrator } from "./orchestrator.js";
import type { Timeline } from "./timeline.js";

export interface Desk {
  readonly settings: Settings;
  readonly timeline: Timeline;
  readonly frames: FrameLog;
  readonly library: FirmwareLibrary;
  readonly orchestrator: Orchestrator;
  readonly downloads: Downloads;
  /** The archive for a device, in the words of the `archive` event; undefined when there is none. */
  readonly archiveFor: (device: Device) => Json | undefined;
}
