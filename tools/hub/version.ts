/*
 * Version rules of ESP-IDF images (nerveshub-device-protocol.md §8.4), after
 * nerves_hub_web lib/nerves_hub/firmwares/update_tool/esp_idf.ex.
 */

import semver from "semver";

/** @returns the SemVer text that NervesHub makes of an image's version, undefined when it would refuse it */
export function normalisedVersion(text: string): string | undefined {
  const bare = text.trim().replace(/^v+/, "").replace(/^V+/, "");
  if (isVersion(bare)) return bare;
  const parts = bare.split(".");
  if (!parts.every((part) => /^\d+$/.test(part))) return undefined;
  const padded =
    parts.length === 1
      ? `${bare}.0.0`
      : parts.length === 2
        ? `${bare}.0`
        : parts.length === 4
          ? `${parts.slice(0, 3).join(".")}+${parts[3]}`
          : undefined;
  return padded !== undefined && isVersion(padded) ? padded : undefined;
}

/** Strict SemVer 2.0.0, as Elixir's Version module reads it: no leading v, no blanks. */
export function isVersion(text: string): boolean {
  return /^\d/.test(text) && semver.valid(text) !== null && text.trim() === text;
}

/** @returns true when `a` is newer than `b`; a version that cannot be read is older than everything */
export function isNewer(a: string, b: string | undefined): boolean {
  if (!isVersion(a)) return false;
  return b === undefined || !isVersion(b) || semver.gt(a, b);
}

/** Newest first. */
export function byVersionDescending(a: { version: string }, b: { version: string }): number {
  return semver.rcompare(a.version, b.version);
}

/** Elixir's reading of `device_api_version`: anything but a three-part version counts as 1.0.0. */
export function apiVersion(text: string | undefined): string {
  return text !== undefined && isVersion(text) ? text : "1.0.0";
}

export function atLeast(version: string, minimum: string): boolean {
  return semver.gte(version, minimum);
}
