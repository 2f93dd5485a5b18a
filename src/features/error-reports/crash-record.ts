/*
 * Crash: the error that ended a run, kept in the store until it was sent to the server.
 *
 * The rule it guards: `keepCrash` stores little and never throws, since it runs in the last moments of a machine that has
 * failed (XS's abort hook).
 */

import { parseJson } from "../../../modules/json/parse.js";
import type { Clock } from "../../../modules/platform/clock.js";
import type { Store } from "../../../modules/platform/store.js";
import { cut, cutStart } from "../../../modules/text/cut.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import type { Redactor } from "../../log/redact.js";

/** Characters of a reason; the server cuts at 2 KB. */
export const maxErrorReasonCharacters = 500;
/** Characters of the stack and of the last log lines in a crash record: the store takes 2,048 bytes of UTF-8 a value. */
export const maxCrashStackCharacters = 600;
export const maxCrashLogCharacters = 240;

export interface Crash {
  readonly kind: string;
  readonly reason: string;
  readonly stack: string;
  /** Last log lines before it. */
  readonly log: string;
  /** Of the firmware that crashed. */
  readonly uuid: string;
  readonly uptimeMs: number;
  /** Milliseconds since 1970; 0 when the time was unknown. */
  readonly atMs: number;
  /** Runs in a row that ended with an error and were not reported to the server. */
  readonly count: number;
}

const storeKey = "crash";
const storeLimit = 2048;
const names = Object.freeze(["kind", "reason", "stack", "log", "uuid", "uptimeMs", "atMs", "count"] as const);

export const readCrash = (store: Store): Crash | undefined => {
  try {
    const bytes = store.get(storeKey);
    const value = bytes === undefined ? undefined : (parseJson(decodeUtf8(bytes), names) as Partial<Crash>);
    return typeof value?.kind === "string" && typeof value.reason === "string" ? (value as Crash) : undefined;
  } catch {
    // Another version of this agent may have written the record: an old crash must not make the start fail.
    return undefined;
  }
};

/** Never throws. @returns false when it could not be kept */
export const keepCrash = (
  store: Store,
  clock: Clock,
  redactor: Redactor,
  error: unknown,
  about: Pick<Crash, "uuid" | "uptimeMs" | "log">,
): boolean => {
  try {
    const described = describeError(error);
    const { kind } = described;
    // Redacted before it is cut: a secret that the cut goes through would show its beginning. First cut far beyond what is kept.
    const reason = redactor.redactCut(cut(described.reason, maxErrorReasonCharacters * 4));
    const stack = redactor.redactCut(cut(described.stack, maxCrashStackCharacters * 4));
    const count = (readCrash(store)?.count ?? 0) + 1;
    const crash: Crash = {
      ...about,
      kind,
      reason: cut(reason, maxErrorReasonCharacters),
      stack: cut(stack, maxCrashStackCharacters),
      log: cutStart(about.log, maxCrashLogCharacters),
      atMs: clock.now() ?? 0,
      count,
    };
    let bytes = encodeUtf8(JSON.stringify(crash));
    // A character takes up to four bytes, a control character six: a record that is too large loses log and stack first.
    for (let most = maxErrorReasonCharacters; bytes.byteLength > storeLimit && most > 0; most >>= 1)
      bytes = encodeUtf8(JSON.stringify({ ...crash, reason: cut(reason, most), log: "", stack: "" }));
    if (bytes.byteLength > storeLimit) return false;
    store.set(storeKey, bytes);
    return true;
  } catch {
    return false;
  }
};

export const forgetCrash = (store: Store): void => {
  store.delete(storeKey);
};

/** Describes any thrown value by the class's name, the message and the stack. */
export const describeError = (error: unknown): { kind: string; reason: string; stack: string } => {
  try {
    if (!(error instanceof Error)) return { kind: "throw", reason: String(error), stack: "" };
    const { name, message, stack } = error;
    return { kind: String(name), reason: `${name}: ${message}`, stack: typeof stack === "string" ? stack : "" };
  } catch {
    return { kind: "throw", reason: "a value that has no text", stack: "" };
  }
};
