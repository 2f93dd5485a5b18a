/*
 * Between which moments the time must lie, by what runs: not before it was built, and not far beyond.
 */

import { buildTime, timeBounds } from "../../modules/ota/build-time.js";
import { imageHeadSize, parseImageHead } from "../../modules/ota/image.js";
import type { TimeBounds } from "../../modules/platform/clock.js";
import type { Slot } from "../../modules/platform/slots.js";

/** An image that cannot be read, or says nothing of its build, is as old as this code. */
export const runningTimeBounds = (running: Slot): TimeBounds => {
  try {
    const bytes = new Uint8Array(imageHeadSize);
    running.read(0, bytes);
    return timeBounds(buildTime(parseImageHead(bytes).description));
  } catch {
    return timeBounds(buildTime(undefined));
  }
};
