/*
 * When an image was built, from the compiler's `__DATE__` and `__TIME__` in its application description. No true time of
 * day lies before it, which makes it the floor under every clock that may be wrong; some years later is the ceiling.
 *
 * It comes from a clock itself. A build that claims to be older than this code, or so late that no clock would follow,
 * is taken for as old as this code.
 */

import { earliestPlausibleMs, latestPlausibleMs, type TimeBounds } from "../platform/clock.js";
import { decimal } from "../text/characters.js";
import type { AppDescription } from "./app-description.js";

/**
 * How far after this firmware's build a time is believed, whoever says it, in milliseconds: twenty years. Less than the
 * 136 years after which NTP's seconds begin anew, so that no time between the bounds is ambiguous.
 */
export const maxClockAheadOfBuildMs = 20 * 365 * 86_400_000;

const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** The compiler writes local time; a build a day "in the future" must not make every true time look false. */
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

/** @returns milliseconds since 1970, at the latest the true moment of the build */
export const buildTime = (description: Pick<AppDescription, "date" | "time"> | undefined): number => {
  const builtMs = description === undefined ? undefined : readTime(description.date, description.time);
  if (builtMs === undefined || builtMs > latestPlausibleMs - maxClockAheadOfBuildMs) return earliestPlausibleMs;
  return Math.max(earliestPlausibleMs, builtMs - zoneMs);
};

/** Between which the time must lie where firmware runs that was built at `builtMs`, milliseconds since 1970. */
export const timeBounds = (builtMs: number): TimeBounds => {
  return { earliestMs: builtMs, latestMs: builtMs + maxClockAheadOfBuildMs };
};
