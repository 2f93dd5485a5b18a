/*
 * A test of one bound: at the limit, and one beyond it. `npm run check` (tools/rules/bounds.mjs) fails for a bound that no
 * portable suite tests this way, so a new one cannot be forgotten.
 */

import { it } from "./harness.js";

/** @param claim what holds at the limit, and what beyond it */
export function limit(name: string, claim: string, body: () => unknown): void {
  it(`${name}: ${claim}`, body);
}
