/*
 * Wall time of an event. Events are recorded with the monotonic time, which is converted when they are sent: so an event before
 * the clock was set or corrected gets its right time.
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
