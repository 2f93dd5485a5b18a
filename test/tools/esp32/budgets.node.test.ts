/*
 * Issue 12, item 8: budgets that bite. The measuring needs the SDK (`npm run check:esp32`); counting and comparing do not.
 */

import { compareBudgets } from "../../../tools/esp32/budgets.js";
import { imageSize } from "../../../tools/esp32/image-size.js";
import { assert, describe, it } from "../../support/harness.js";

const linked = `#define mxHeapCount 3
static const txU1 gxCode7[5];
/* 0001 */ { NULL, {.ID = 1}, .value = { .code = { (txByte*)"\\x0e\\x01\\x9e", NULL } } },
/* 0002 */ { NULL, {.ID = 2}, .value = { .string = "Module" } },
/* 0003 */ { NULL, {.ID = 3}, .value = { .string = "Module" } },
/* 0004 */ { NULL, {.ID = 4}, .value = { .string = "a\\xe2""\\x80""\\xa6"" b" } },
/* 0005 */ { NULL, {.ID = 5}, .value = { .string = "\\x80""" } },
/* 0006 */ { NULL, {.ID = 6}, .value = { .string = "" } },
`;

describe("budgets of the linked image", () => {
  it("count slots, byte code, and each text once, in as many literals as it is written", () => {
    assert.deepEqual(imageSize(linked), { slots: 3, code: 8, texts: 7 + 7 + 2 + 1, total: 3 * 16 + 8 + 17 });
  });

  it("refuse a file that no linker wrote", () => {
    assert.throws(
      () => imageSize("int main;"),
      ({ message }) => message.includes("mxHeapCount"),
    );
  });

  it("fail above a budget, by its row, for a row without one, and for a budget that nothing is measured for", () => {
    const faults = compareBudgets({ "the core (manifest_link.json)": 1e9, "a new feature": 1 }, false, () => {});
    assert.ok(faults.some((fault) => /the core .* takes 1000000000 bytes/.test(fault)));
    assert.ok(faults.some((fault) => /"a new feature" has no budget/.test(fault)));
    assert.ok(faults.some((fault) => /"health" that nothing is measured for/.test(fault)));
  });
});
