/*
 * A test of one bound of modules/limits: at the limit, and one beyond it. every-limit.node.test.ts fails for a bound that no
 * portable suite tests this way, so a new one cannot be forgotten.
 */

import type * as limits from "../../modules/limits/limits.js";
import { it } from "../harness.js";

/** @param claim what holds at the limit, and what beyond it */
export function limit(name: keyof typeof limits, claim: string, body: () => unknown): void {
  it(`${name}: ${claim}`, body);
}
