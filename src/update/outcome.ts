/*
 * Outcome: the status word that ends an update that did not succeed.
 *
 * The server blocks a device for 24 hours on `failed` and on `ignored` (nerves_hub_web, firmware_updates.ex). A fault that may
 * pass therefore ends in `rescheduled`, with a growing delay; only a fault that the same bytes would cause again ends in
 * `failed`. docs/updates.md shows this table to operators.
 */

import { Fault } from "../../modules/fault/fault.js";

export type Outcome =
  | { readonly word: "failed" | "ignored"; readonly reason: string }
  | { readonly word: "rescheduled"; readonly reason: string; readonly delayMs: number };

/** Codes of faults that the offer or the first 4 KB of a real image cause: nothing has to be fetched again to know. */
const final: readonly string[] = Object.freeze([
  "fwup-archive",
  "wrong-chip",
  "wrong-revision",
  "wrong-product",
  "wrong-uuid",
  "image-too-large",
  "patch-type-unsupported",
  "patch-compression-unsupported",
  "patch-data-format-unsupported",
  "patch-window-too-large",
  "patch-too-large",
  "delta-unsupported",
]);

/** Codes of an answer that does not look like the file that was promised. */
const unlike: readonly string[] = Object.freeze([
  "size-mismatch",
  "file-kind-unknown",
  "not-an-image",
  "image-too-short",
  "image-header",
  "image-segments",
  "image-segment-length",
  "no-app-description",
  "description-not-text",
]);

/** Codes of other stages than "image" that the same file would cause again. Other faults may pass. */
const lasting: readonly string[] = Object.freeze([
  "bad-offer",
  "no-inactive-slot",
  "checksum-mismatch",
  "part-mismatch",
  "flash-worn",
  "writer-refused",
]);

/** First delay in milliseconds, doubled with every failure of the same firmware. It is the longest delay of the Rust agent. */
const firstDelayMs = 2 * 60 * 1000;
const longestDelayMs = 6 * 60 * 60 * 1000;

/** Delay for a device that must first be flashed by cable: an hour, since "failed" would block the flashed device for a day. */
export const reflashDelayMs = 60 * 60 * 1000;

/** The longest delay that an application can ask for: a year. The server takes no number beyond 2^53 as a whole number. */
const longestAskedMs = 365 * 24 * 60 * 60 * 1000;

/** @param failures earlier failures of this firmware in this run @returns milliseconds */
export const rescheduleDelay = (failures: number): number => {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 20));
};

/** Bounds the delay that an application asked for. @returns milliseconds */
export const askedDelay = (delayMs: number): number => {
  return Number.isFinite(delayMs) && delayMs > 0 ? Math.min(longestAskedMs, delayMs) : firstDelayMs;
};

/** Whether the same file would cause the fault again: every fault of stage "image", and the codes listed above. */
export const isLasting = (fault: Fault): boolean => {
  return fault.stage === "image" || lasting.includes(fault.code);
};

/** Whether the offer or the head of a real image says so: another answer to the same request would be no other. */
export const isFinal = (fault: Fault): boolean => final.includes(fault.code);

/** Whether something else than the file has answered, as far as its beginning and its length tell. */
export const isUnlike = (fault: Fault): boolean => unlike.includes(fault.code);

/** A download server asked for a longer wait than a download has patience for: the update is put off for as long. */
export class PutOff extends Fault {
  readonly delayMs: number;

  constructor(delayMs: number, message: string) {
    super("download", "server-busy", message);
    this.delayMs = delayMs;
  }
}

export const outcomeOf = (fault: Fault, failures: number): Outcome => {
  if (fault instanceof PutOff) return { word: "rescheduled", reason: fault.message, delayMs: fault.delayMs };
  if (isLasting(fault)) return { word: "failed", reason: fault.message };
  return { word: "rescheduled", reason: fault.message, delayMs: rescheduleDelay(failures) };
};
