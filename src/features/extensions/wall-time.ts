/*
 * When something happened, by the time of day, said when it is sent: events are noted by the monotonic clock, so that
 * what happened before the time was known, or before it was corrected, gets its right time afterwards.
 */

import type { Clock } from "../../../modules/platform/clock.js";

/** @returns milliseconds since 1970 at the moment `monotonicMs`, or undefined while the time is unknown */
export const wallTime = (clock: Clock, monotonicMs: number): number | undefined => {
  const now = clock.now();
  return now === undefined ? undefined : now - (clock.monotonic() - monotonicMs);
};

/** ISO 8601 in UTC. */
export const isoTime = (ms: number): string => {
  return new Date(ms).toISOString();
};
