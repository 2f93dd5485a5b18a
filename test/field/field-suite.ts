/*
 * Suites over a past release: made once it was built, or skipped in words that nobody overlooks.
 */

import { describe, it } from "../support/harness.js";
import { fieldCommit, pastRelease } from "./past-release.js";
import type { Release } from "./release.js";

const built = await pastRelease(fieldCommit);

if (typeof built === "string")
  process.stdout.write(`\n  SKIPPED, devices in the field: ${fieldCommit} cannot be built here (${built}).\n\n`);

/** @param body makes the tests */
export function describeField(title: string, body: (past: Release) => void): void {
  if (typeof built === "string") describe(title, () => it.skip(`skipped: ${built}`, () => {}));
  else describe(title, () => body(built));
}
