/*
 * Build time: when an image was built, from `__DATE__` and `__TIME__` of the compiler in its application description. The
 * true time is never before it, so it is the lower bound of every clock that may be wrong; the upper bound lies
 * `maxClockAheadOfBuildMs` later.
 *
 * The build time may be wrong too. When it is before `earliestPlausibleMs`, or so late that the upper bound would lie
 * beyond `latestPlausibleMs`, `earliestPlausibleMs` is taken instead.
 */

import { earliestPlausibleMs, latestPlausibleMs, type TimeBounds } from "../platform/clock.js";
import { decimal } from "../text/characters.js";
import type { AppDescription } from "./app-description.js";

/**
 * Time after this firmware's build that is still believed, whoever says it, in milliseconds: twenty years. That is less
 * than the 136 years after which NTP's seconds begin anew, so that no time between the bounds is ambiguous.
 */
export const maxClockAheadOfBuildMs = 20 * 365 * 86_400_000;

const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** A day is taken off: the compiler writes local time, which may be ahead of UTC, and the true time must not look false. */
const zoneMs = 24 * 3600 * 1000;

/** @param date "Nov 30 2026", "Dec  1 2026" @param time "12:34:56" @returns milliseconds since 1970, as if it were UTC */
const readTime = (date: string, time: string): number | undefined => {
  const [name, ...rest] = date.split(" ").filter((word) => word !== "");
  const [hours, minutes, seconds, ...more] = time.split(":");
  const month = months.indexOf(name) / 3;
  if (date.length !== 11 || time.length !== 8 || name.length !== 3 || rest.length !== 2 || more.length > 0)
    return undefined;
  if (!Number.isInteger(month) || month < 0) return undefined;
  const numbers = [rest[1], rest[0], hours, minutes, seconds].map((text) => decimal(text ?? "", 4));
  if (numbers.includes(undefined)) return undefined;
  const [year, day, h, min, s] = numbers as number[];
  return Date.UTC(year, month, day, h, min, s);
};

/** @returns milliseconds since 1970, never after the true moment of the build; `earliestPlausibleMs` when it is not known */
export const buildTime = (description: Pick<AppDescription, "date" | "time"> | undefined): number => {
  const builtMs = description === undefined ? undefined : readTime(description.date, description.time);
  if (builtMs === undefined || builtMs > latestPlausibleMs - maxClockAheadOfBuildMs) return earliestPlausibleMs;
  return Math.max(earliestPlausibleMs, builtMs - zoneMs);
};

/** @param builtMs what `buildTime` gave @returns the bounds of the time of day on a device that runs this build */
export const timeBounds = (builtMs: number): TimeBounds => {
  return { earliestMs: builtMs, latestMs: builtMs + maxClockAheadOfBuildMs };
};
