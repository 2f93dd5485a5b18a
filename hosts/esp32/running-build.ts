/*
 * Running build: the bounds of the time of day, from the build time of the running image.
 */

import { buildTime, timeBounds } from "../../modules/ota/build-time.js";
import { imageHeadSize, parseImageHead } from "../../modules/ota/image.js";
import type { TimeBounds } from "../../modules/platform/clock.js";
import type { Slot } from "../../modules/platform/slots.js";

/** @returns the bounds; those of the age of this code when the image cannot be read or has no usable build time */
export const runningTimeBounds = (running: Slot): TimeBounds => {
  try {
    const bytes = new Uint8Array(imageHeadSize);
    running.read(0, bytes);
    return timeBounds(buildTime(parseImageHead(bytes).description));
  } catch {
    return timeBounds(buildTime(undefined));
  }
};
