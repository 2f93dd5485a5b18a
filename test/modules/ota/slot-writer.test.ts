import { blockSize, sectorSize } from "../../../hosts/flash-model/flash.js";
import { MemoryFlash } from "../../../hosts/flash-model/memory-flash.js";
import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { Fault } from "../../../modules/fault/fault.js";
import { SlotWriter } from "../../../modules/ota/slot-writer.js";
import type { WritableSlot } from "../../../modules/platform/slots.js";
import { assert, describe, it } from "../../support/harness.js";

/** A slot over the flash model, which refuses what flash refuses, that remembers what was erased. */
class RecordedSlot implements WritableSlot {
  readonly label = "ota_1";
  readonly eraseSize = sectorSize;
  readonly eraseBlockSize = blockSize;
  readonly size: number;
  readonly writeSize: number;
  readonly flash: MemoryFlash;
  readonly erases: [number, number][] = [];

  constructor(size: number, writeSize = 1) {
    this.size = size;
    this.writeSize = writeSize;
    // What an older image left.
    this.flash = new MemoryFlash(new Uint8Array(size), writeSize);
  }

  read(offset: number, into: Uint8Array): void {
    this.flash.read(offset, into);
  }

  erase(offset: number, length: number): void {
    this.erases.push([offset, length]);
    this.flash.erase(offset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.flash.write(offset, bytes);
  }
}

function image(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new SeededRandom(7).fill(bytes);
  return bytes;
}

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.stage === "flash" && error.code === code;
}

describe("ota: slot writer", () => {
  it("writes the same bytes however they come", () => {
    const bytes = image(3 * sectorSize + 123);
    for (const writeSize of [1, 4, 16]) {
      for (const chunk of [1, 3, 15, 16, 17, 1000, 1460, 4096, 4097, 20000]) {
        const slot = new RecordedSlot(5 * sectorSize, writeSize);
        const writer = new SlotWriter(slot);
        for (let at = 0; at < bytes.byteLength; at += chunk) {
          writer.write(bytes.subarray(at, at + chunk));
          assert.equal(writer.written, Math.min(at + chunk, bytes.byteLength));
          assert.equal(writer.durable, writer.written - (writer.written % writeSize));
        }
        writer.flush();
        assert.equal(writer.durable, bytes.byteLength);
        assert.deepEqual(slot.flash.bytes.slice(0, bytes.byteLength), bytes);
        assert.ok(slot.flash.bytes.subarray(bytes.byteLength, 4 * sectorSize).every((byte) => byte === 0xff));
      }
    }
  });

  it("erases blocks where they fit and sectors where they do not, each once", () => {
    const slot = new RecordedSlot(2 * blockSize + 3 * sectorSize);
    const writer = new SlotWriter(slot);
    const bytes = image(slot.size);
    for (let at = 0; at < bytes.byteLength; at += 1460) writer.write(bytes.subarray(at, at + 1460));
    assert.deepEqual(slot.erases, [
      [0, blockSize],
      [blockSize, blockSize],
      [2 * blockSize, sectorSize],
      [2 * blockSize + sectorSize, sectorSize],
      [2 * blockSize + 2 * sectorSize, sectorSize],
    ]);
    assert.deepEqual(slot.flash.bytes, bytes);
  });

  it("erases nothing before the first byte comes, and then no further than the next unit", () => {
    const slot = new RecordedSlot(3 * blockSize);
    const writer = new SlotWriter(slot);
    assert.deepEqual(slot.erases, []);
    writer.write(image(1));
    assert.deepEqual(slot.erases, [[0, blockSize]]);
    writer.write(image(blockSize - 1));
    assert.deepEqual(slot.erases, [[0, blockSize]]);
  });

  it("a call with a sector's bytes or less erases at most once", () => {
    for (const chunk of [1, 1000, 4095, 4096]) {
      const slot = new RecordedSlot(blockSize + 2 * sectorSize, 16);
      const writer = new SlotWriter(slot, { from: sectorSize });
      const bytes = image(chunk);
      while (writer.written + chunk <= slot.size) {
        const before = slot.erases.length;
        writer.write(bytes);
        assert.ok(slot.erases.length - before <= 1);
      }
    }
  });

  it("goes on from a sector, and what is below stays", () => {
    const slot = new RecordedSlot(2 * blockSize);
    const bytes = image(blockSize + 5000);
    slot.flash.bytes.set(bytes.subarray(0, 3 * sectorSize));
    const writer = new SlotWriter(slot, { from: 3 * sectorSize });
    assert.equal(writer.written, 3 * sectorSize);
    writer.write(bytes.subarray(3 * sectorSize));
    writer.flush();
    assert.deepEqual(slot.flash.bytes.slice(0, bytes.byteLength), bytes);
    assert.ok(slot.erases.every(([offset]) => offset >= 3 * sectorSize));
    assert.equal(slot.erases.length, 13 + 1);
  });

  it("refuses to go on from the middle of a sector", () => {
    const slot = new RecordedSlot(2 * sectorSize);
    for (const from of [1, 4095, -4096, 3 * sectorSize]) {
      assert.throws(() => new SlotWriter(slot, { from }), refused("unaligned-resume"));
    }
  });

  it("refuses bytes past the end before it writes any of them", () => {
    const slot = new RecordedSlot(2 * sectorSize);
    assert.throws(() => new SlotWriter(slot, { size: 2 * sectorSize + 1 }), refused("image-exceeds-slot"));
    assert.throws(() => new SlotWriter(slot).write(image(2 * sectorSize + 1)), refused("image-exceeds-slot"));
    const writer = new SlotWriter(slot, { size: 100 });
    writer.write(image(99));
    assert.throws(() => writer.write(image(2)), refused("image-exceeds-slot"));
    assert.equal(writer.written, 99);
    writer.write(image(1));
  });

  it("takes nothing more once it is flushed", () => {
    const writer = new SlotWriter(new RecordedSlot(sectorSize, 16));
    writer.write(image(5));
    writer.flush();
    writer.flush();
    assert.equal(writer.durable, 5);
    assert.throws(() => writer.write(image(1)), refused("writer-flushed"));
  });
});
