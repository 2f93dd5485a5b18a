/*
 * The last frames of all devices, for a bug report. What a frame carries is kept as it was, but for signed URLs, which are
 * credentials: their queries are left out.
 */

import { maxFrameLogBytes, maxFrameLogFrames } from "./limits.js";
import type { HubClock } from "./system-time.js";

export interface LoggedFrame {
  /** ISO 8601 */
  readonly at: string;
  readonly device: string;
  readonly from: "device" | "hub";
  readonly frame: string;
}

export class FrameLog {
  readonly #clock: HubClock;
  #frames: LoggedFrame[] = [];
  #bytes = 0;

  constructor(clock: HubClock) {
    this.#clock = clock;
  }

  add(device: string, from: LoggedFrame["from"], frame: string): void {
    const kept = frame.replace(/(https?:\/\/[^\s"?]*\?)[^\s"]*/g, "$1…");
    this.#frames.push({ at: new Date(this.#clock.now()).toISOString(), device, from, frame: kept });
    this.#bytes += kept.length;
    if (this.#frames.length <= maxFrameLogFrames && this.#bytes <= maxFrameLogBytes) return;
    // A tenth at a time, so that it is not done for every frame.
    let at = 0;
    while (this.#frames.length - at > maxFrameLogFrames * 0.9 || this.#bytes > maxFrameLogBytes * 0.9)
      this.#bytes -= this.#frames[at++].frame.length;
    this.#frames = this.#frames.slice(at);
  }

  /** Oldest first. */
  of(device: string): readonly LoggedFrame[] {
    return this.#frames.filter((one) => one.device === device);
  }
}
