/*
 * Issue 12, item 8: heap suites run in a process of their own, on XS. tools/xs/test.ts starts one for each suite that is
 * named "-heap"; so what reads the heap's size must be named so. A collection alone (`heapInUse()`, its result unused) is
 * no measurement.
 */

import { readFileSync } from "node:fs";
import { measuresHeap, suiteNames } from "../../../tools/xs/suites.js";
import { assert, describe, it } from "../../support/harness.js";

const measurement = /\bmachineFacts\(|\bheapNoise\b|[=(-] *heapInUse\(\)/;

describe("12.8 heap suites", () => {
  it("are found by what they read", () => {
    for (const line of ["const first = heapInUse();", "heapInUse() - first < heapNoise", "= machineFacts();"])
      assert.ok(measurement.test(line), line);
    for (const line of ["    heapInUse();", "after(() => void heapInUse());"]) assert.ok(!measurement.test(line), line);
  });

  it("run in a process of their own: each is named as those are", () => {
    const measuring = suiteNames("").filter((name) => measurement.test(readFileSync(`${name}.ts`, "utf8")));
    assert.ok(measuring.length >= 2);
    assert.deepEqual(
      measuring.filter((name) => !measuresHeap(name)),
      [],
    );
  });
});
