/*
 * Every bound of modules/limits is run at the limit and one beyond it, on XS: each is named by a limit() of a suite that
 * runs there. A bound that has no limit() fails here, and so does a file of the table that is no suite of XS.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as limits from "../../modules/limits/limits.js";
import { assert, describe, it } from "../harness.js";

const test = join(import.meta.dirname, "../../../test");

function tested(): Set<string> {
  const files = readdirSync(test, { recursive: true, encoding: "utf8" });
  const suites = files.filter((file) => file.endsWith(".test.ts") && !file.endsWith(".node.test.ts"));
  const names = new Set<string>();
  for (const suite of suites) {
    const text = readFileSync(join(test, suite), "utf8");
    for (const [, name] of text.matchAll(/^\s*limit\(\s*"(\w+)"/gm)) names.add(name);
  }
  return names;
}

describe("limits", () => {
  it("every bound of modules/limits is run at the limit and one beyond it, on XS", () => {
    const names = tested();
    assert.deepEqual(
      Object.keys(limits).filter((name) => !names.has(name)),
      [],
    );
  });
});
