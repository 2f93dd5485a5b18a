/*
 * Runs code that is not ours: an application's callback, or a host's part that may fail. What it throws is logged and
 * ends nothing; so is what an async callback rejects with, since on XS a rejection that nobody handles ends the machine.
 */

import { asFault } from "../modules/fault/fault.js";
import type { Log } from "./log.js";

/** @param what is run, for the log: "progress" */
export function guarded(log: Log, what: string, body: () => unknown): void {
  const failed = (error: unknown): void => {
    log.error(`${what} threw: ${asFault(error, "application", "callback-threw").message}`);
  };
  try {
    const result = body();
    if (result instanceof Promise) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}
