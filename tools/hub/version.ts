/*
 * Versions in order. What counts as a version is src/firmware/version.ts's to say, for hub and device alike.
 */

import semver from "semver";
import { isSemVer } from "../../src/firmware/version.js";

/** @returns true when `a` is newer than `b`; a version that cannot be read is older than everything */
export function isNewer(a: string, b: string | undefined): boolean {
  if (!isSemVer(a)) return false;
  return b === undefined || !isSemVer(b) || semver.gt(a, b);
}

/** Newest first. */
export function byVersionDescending(a: { version: string }, b: { version: string }): number {
  return semver.rcompare(a.version, b.version);
}

/** Elixir's reading of `device_api_version`: anything but a three-part version counts as 1.0.0. */
export function apiVersion(text: string | undefined): string {
  return text !== undefined && isSemVer(text) ? text : "1.0.0";
}

export function atLeast(version: string, minimum: string): boolean {
  return semver.gte(version, minimum);
}
