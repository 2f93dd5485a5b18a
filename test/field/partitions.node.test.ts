/*
 * Devices in the field: no update changes where a partition lies, so this release must be built for the table that they were
 * flashed with.
 */

import { readFileSync } from "node:fs";
import { assert, it } from "../support/harness.js";
import { describeField } from "./field-suite.js";
import { pastFile } from "./past-release.js";

/** Rows without comments and spaces. */
function rows(csv: string): string[] {
  const lines = csv.split("\n").map((line) => line.replace(/#.*|\s/g, ""));
  return lines.filter((line) => line !== "");
}

describeField("devices in the field: the partition table", () => {
  it("is the one of ce69a67", () => {
    const table = rows(readFileSync(new URL("../../../partitions.csv", import.meta.url), "utf8"));
    assert.ok(table.length > 4);
    assert.deepEqual(table, rows(pastFile("partitions.csv")));
  });
});
