/*
 * Issue 12, item 6: the module "nerveshub/features/ota-writer" itself, with the SDK's `ota` and ESP-IDF stood in for
 * (tools/xs/suites.ts). What the writer does with them is proved in test/features/ota-writer.
 */

import OTA from "ota";
import { SdkWriter } from "../../src/features/ota-writer/sdk-writer.js";
import type { OpenSlot } from "../../src/features/ota-writer/sequential-writer.js";
import { assert, describe, it } from "./harness.js";

class Opening extends SdkWriter {
  opened(): OpenSlot {
    return this._open();
  }
}

describe("12.6 a writer on the SDK's ota: the module", () => {
  it("is made without an argument, and opens the SDK's OTA object, a new one each time", () => {
    const writer = new Opening();
    const slot = writer.opened();
    assert.ok(slot instanceof OTA);
    assert.ok(slot !== writer.opened());
  });

  it("confirms by FFI, and throws ESP-IDF's code when it is refused", () => {
    const writer = new SdkWriter();
    writer.confirm();
    assert.throws(
      () => writer.confirm(),
      (error) => error.message === "Could not confirm the image: esp_err_t 0x1.",
    );
  });
});
