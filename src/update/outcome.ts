/*
 * Which word ends an update that did not succeed.
 *
 * The server blocks a device for 24 hours on `failed` and on `ignored` (nerves_hub_web, firmware_updates.ex). So what
 * may pass by itself ends in `rescheduled`, with a delay that grows; only what cannot pass, because the same bytes would
 * fail again, ends in `failed`. docs/updates.md shows this table to operators.
 */

import type { Fault } from "../../modules/fault/fault.js";

export type Outcome =
  | { readonly word: "failed" | "ignored"; readonly reason: string }
  | { readonly word: "rescheduled"; readonly reason: string; readonly delayMs: number };

/** Faults that the same file will meet again. Everything else may pass. */
const lasting: readonly string[] = Object.freeze([
  "bad-offer",
  "not-an-image",
  "fwup-archive",
  "wrong-chip",
  "wrong-product",
  "wrong-uuid",
  "image-too-large",
  "no-inactive-slot",
  "image-corrupt",
  "size-mismatch",
  "checksum-mismatch",
  "part-mismatch",
  "flash-worn",
  "patch-source-mismatch",
  "writer-refused",
]);

/** First wait, doubled with every failure of the same firmware, in milliseconds; what the Rust agent waits at the most. */
const firstDelayMs = 2 * 60 * 1000;
const longestDelayMs = 6 * 60 * 60 * 1000;

/** For a device that must be flashed by cable first: an hour, since "failed" would block it for a day when that is done. */
export const reflashDelayMs = 60 * 60 * 1000;

/** The longest delay an application can ask for: a year. Beyond 2^53 a number is no whole one to the server. */
const longestAskedMs = 365 * 24 * 60 * 60 * 1000;

/** @param failures how often this firmware has failed before, in this run */
export const rescheduleDelay = (failures: number): number => {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 20));
};

/** What an application asked for, within reason. */
export const askedDelay = (delayMs: number): number => {
  return Number.isFinite(delayMs) && delayMs > 0 ? Math.min(longestAskedMs, delayMs) : firstDelayMs;
};

/** Stages whose faults name the image itself; a code of theirs that is not listed above is lasting too. */
export const isLasting = (fault: Fault): boolean => {
  return fault.stage === "image" || lasting.includes(fault.code);
};

export const outcomeOf = (fault: Fault, failures: number): Outcome => {
  if (isLasting(fault)) return { word: "failed", reason: fault.message };
  return { word: "rescheduled", reason: fault.message, delayMs: rescheduleDelay(failures) };
};
