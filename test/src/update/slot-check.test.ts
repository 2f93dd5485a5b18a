import { Fault } from "../../../modules/fault/fault.js";
import type { Slot } from "../../../modules/platform/slots.js";
import { SlotCheck } from "../../../src/update/slot-check.js";
import { assert, crypto, describe, it } from "../../support/harness.js";
import { image, sha256, updateMessage } from "../../support/update-scene.js";

const good = image("1.1.0", 3, 1048576 + 65536);
const { partials_checksums: upper } = updateMessage(good, good) as unknown as { partials_checksums: string[] };
const parts = upper.map((part) => part.toLowerCase());

function slotOf(bytes: Uint8Array): Slot {
  return {
    label: "ota_1",
    size: bytes.byteLength,
    read: (at, into) => into.set(bytes.subarray(at, at + into.byteLength)),
  };
}

function check(bytes: Uint8Array, checksum: string | undefined, known: string[]): unknown {
  const subject = new SlotCheck({ crypto, slot: slotOf(bytes), size: bytes.byteLength, checksum, parts: known });
  try {
    for (;;) {
      const result = subject.step();
      if (result !== false) return result;
    }
  } catch (error) {
    return error instanceof Fault ? error.code : error;
  }
}

function damaged(at: number): Uint8Array {
  const bytes = good.slice();
  bytes[at] ^= 4;
  return bytes;
}

describe("update: what lies in flash", () => {
  const checksum = sha256(good).toLowerCase();

  it("passes when it is what the server announced", () => {
    assert.equal(check(good, checksum, parts), true);
    assert.equal(check(good, checksum, []), true);
    assert.equal(check(good, undefined, parts), true);
    assert.equal(check(good, undefined, []), true);
  });

  it("names the part that is damaged", () => {
    for (const known of [checksum, undefined]) {
      assert.deepEqual(check(damaged(5000), known, parts), { from: 0, to: 1048576 });
      assert.deepEqual(check(damaged(1048576 + 9), known, parts), { from: 1048576, to: good.byteLength });
    }
  });

  it("fails when no part can tell where it is wrong", () => {
    assert.equal(check(damaged(5000), checksum, []), "image-checksum");
    assert.equal(check(good, "00".repeat(32), []), "checksum-mismatch");
    assert.equal(check(good, "00".repeat(32), parts), "checksum-mismatch");
  });

  it("fails by the image's own hash when the server sent no checksum", () => {
    assert.equal(check(damaged(5000), undefined, []), "image-checksum");
  });
});
