/*
 * Issue 13: the table "which word for which failure" of docs/updates.md is checked against the code.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Fault } from "../../../modules/fault/fault.js";
import { outcomeOf } from "../../../src/update/outcome.js";

/** Stages of the faults with which an update can end. */
const stages = ["offer", "image", "download", "flash", "store", "trial"];

/** Codes that are of these stages and end no update: suites' images, archives, and what the parts of an update turn into others. */
const elsewhere = ["image-options", "archive-failed"];

const codesIn = (text: string): string[] => [...text.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code);

describe("13 which word for which failure", () => {
  const page = readFileSync("docs/updates.md", "utf8");
  const rows = [...readFileSync("docs/faults.md", "utf8").matchAll(/^\| `([a-z0-9-]+)` \| ([^|]+) \|/gm)];
  const faults = rows
    .map(([, code, list]) => ({
      code,
      stage: list
        .split(",")
        .map((stage) => stage.trim())
        .find((stage) => stages.includes(stage)),
    }))
    .filter(({ code, stage }) => stage !== undefined && !elsewhere.includes(code));

  for (const word of ["failed", "rescheduled"])
    it(`docs/updates.md lists the codes that end in ${word}`, () => {
      const [, list = ""] = new RegExp(`^Codes that end in \`${word}\`: (.*)$`, "m").exec(page) ?? [];
      const wanted = faults
        .filter(({ code, stage }) => outcomeOf(new Fault(stage ?? "", code, ""), 0).word === word)
        .map(({ code }) => code);
      assert.deepEqual(codesIn(list), wanted);
    });
});
