/*
 * When an image was built, from the compiler's `__DATE__` and `__TIME__` in its application description. No true time of
 * day lies before it, which makes it the floor under every clock that may be wrong; some years later is the ceiling.
 *
 * It comes from a clock itself. A build that claims to be older than this code, or so late that no clock would follow,
 * is taken for as old as this code.
 */

import type { TimeBounds } from "../host/clock.js";
import { earliestPlausibleMs, latestPlausibleMs, maxClockAheadOfBuildMs } from "../limits/limits.js";
import type { AppDescription } from "./app-description.js";

const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** The compiler writes local time; a build a day "in the future" must not make every true time look false. */
const zoneMs = 24 * 3600 * 1000;

/** @returns milliseconds since 1970, at the latest the true moment of the build */
export const buildTime = (description: Pick<AppDescription, "date" | "time"> | undefined): number => {
  const date = /^([A-Z][a-z]{2}) ([ \d]\d) (\d{4})$/.exec(description?.date ?? "");
  const time = /^(\d{2}):(\d{2}):(\d{2})$/.exec(description?.time ?? "");
  if (date === null || time === null) return earliestPlausibleMs;
  const month = months.indexOf(date[1]) / 3;
  if (!Number.isInteger(month) || month < 0) return earliestPlausibleMs;
  const builtMs = Date.UTC(Number(date[3]), month, Number(date[2]), Number(time[1]), Number(time[2]), Number(time[3]));
  if (builtMs > latestPlausibleMs - maxClockAheadOfBuildMs) return earliestPlausibleMs;
  return Math.max(earliestPlausibleMs, builtMs - zoneMs);
};

/** Between which the time must lie where firmware runs that was built at `builtMs`, milliseconds since 1970. */
export const timeBounds = (builtMs: number): TimeBounds => {
  return { earliestMs: builtMs, latestMs: builtMs + maxClockAheadOfBuildMs };
};
