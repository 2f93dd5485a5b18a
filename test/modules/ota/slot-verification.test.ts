import { buildImage } from "../../../hosts/shared/build-image.js";
import { Fault } from "../../../modules/fault/fault.js";
import type { Slot } from "../../../modules/host/slots.js";
import { SlotVerification } from "../../../modules/ota/slot-verification.js";
import { toHex } from "../../../modules/text/hex.js";
import { assert, crypto, describe, it } from "../../harness.js";

const image = buildImage({ projectName: "demo", version: "1.0.0", size: 10_000 }, crypto);

class ReadSlot implements Slot {
  readonly label = "ota_1";
  readonly size = 16_384;
  readonly bytes = new Uint8Array(16_384).fill(0xff);
  readonly reads: number[] = [];

  read(offset: number, into: Uint8Array): void {
    this.reads.push(into.byteLength);
    into.set(this.bytes.subarray(offset, offset + into.byteLength));
  }
}

function slotWith(bytes: Uint8Array): ReadSlot {
  const slot = new ReadSlot();
  slot.bytes.set(bytes);
  return slot;
}

describe("ota: verification of a slot", () => {
  it("reads at most one buffer a step, and the whole file once", () => {
    const slot = slotWith(image);
    const verification = new SlotVerification(slot, image.byteLength, crypto, new Uint8Array(4096));
    let steps = 1;
    while (!verification.step()) steps++;
    assert.equal(steps, 3);
    assert.deepEqual(slot.reads, [4096, 4096, 10_000 - 8192]);
    assert.equal(verification.step(), true);
    assert.equal(slot.reads.length, 3);
  });

  it("gives the SHA-256 of the whole file, which the server's checksum is", () => {
    const verification = new SlotVerification(slotWith(image), image.byteLength, crypto, new Uint8Array(1000));
    while (!verification.step());
    const digest = crypto.digest("sha256");
    digest.update(image);
    assert.equal(toHex(verification.sha256!), toHex(digest.finish()));
    assert.equal(verification.image!.imageSize, image.byteLength);
  });

  it("says nothing before it has seen everything", () => {
    const verification = new SlotVerification(slotWith(image), image.byteLength, crypto, new Uint8Array(4096));
    verification.step();
    assert.equal(verification.image, undefined);
    assert.equal(verification.sha256, undefined);
    assert.equal(verification.offset, 4096);
  });

  it("finds a bit that changed in flash", () => {
    const slot = slotWith(image);
    slot.bytes[5000] ^= 1;
    const verification = new SlotVerification(slot, image.byteLength, crypto, new Uint8Array(4096));
    assert.throws(
      () => {
        while (!verification.step());
      },
      (error) => error instanceof Fault && error.stage === "image",
    );
  });

  it("refuses an erased slot, no bytes at all, and a size that the image does not have", () => {
    const check = (slot: Slot, size: number) => {
      const verification = new SlotVerification(slot, size, crypto, new Uint8Array(4096));
      while (!verification.step());
    };
    const fault = (error: Error) => error instanceof Fault && error.stage === "image";
    assert.throws(() => check(new ReadSlot(), 10_000), fault);
    assert.throws(() => check(slotWith(image), 0), fault);
    assert.throws(() => check(slotWith(image), image.byteLength - 1), fault);
    assert.throws(() => check(slotWith(image), image.byteLength + 1), fault);
  });
});
