import { FlashRegion, sectorSize } from "../../../hosts/flash-model/flash.js";
import { MemoryFlash, tears } from "../../../hosts/flash-model/memory-flash.js";
import { PowerCut } from "../../../hosts/flash-model/power-cut.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, it } from "../../support/harness.js";

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.stage === "flash" && error.code === code;
}

function read(flash: MemoryFlash | FlashRegion, offset: number, length: number): number[] {
  const bytes = new Uint8Array(length);
  flash.read(offset, bytes);
  return [...bytes];
}

describe("flash model: NOR rules", () => {
  it("a write clears bits and an erase sets whole sectors", () => {
    const flash = new MemoryFlash(2 * sectorSize);
    flash.write(4094, new Uint8Array([0xf0, 0x0f, 0x55]));
    flash.write(4094, new Uint8Array([0x30, 0x0f]));
    assert.deepEqual(read(flash, 4094, 3), [0x30, 0x0f, 0x55]);
    flash.erase(0, sectorSize);
    assert.deepEqual(read(flash, 4094, 3), [0xff, 0xff, 0x55]);
  });

  it("a write that would set a bit changes nothing", () => {
    const flash = new MemoryFlash(sectorSize);
    flash.write(1, new Uint8Array([0x0f]));
    assert.throws(() => flash.write(0, new Uint8Array([0, 0x1f])), refused("flash-not-erased"));
    assert.deepEqual(read(flash, 0, 2), [0xff, 0x0f]);
  });

  it("refuses what goes past the end, also of a region", () => {
    const flash = new MemoryFlash(4 * sectorSize);
    const region = new FlashRegion(flash, sectorSize, sectorSize);
    assert.throws(() => flash.read(4 * sectorSize - 1, new Uint8Array(2)), refused("flash-range"));
    assert.throws(() => region.write(sectorSize - 1, new Uint8Array(2)), refused("flash-range"));
    assert.throws(() => region.read(-1, new Uint8Array(1)), refused("flash-range"));
    assert.throws(() => region.erase(0, 2 * sectorSize), refused("flash-range"));
    assert.throws(() => new FlashRegion(flash, 3 * sectorSize, 2 * sectorSize), refused("flash-range"));
    region.write(0, new Uint8Array([1]));
    assert.deepEqual(read(flash, sectorSize, 1), [1]);
  });

  it("refuses unaligned erases, and unaligned writes where there is a write unit", () => {
    const flash = new MemoryFlash(2 * sectorSize, 16);
    assert.throws(() => flash.erase(1, sectorSize), refused("flash-alignment"));
    assert.throws(() => flash.erase(0, 100), refused("flash-alignment"));
    assert.throws(() => flash.write(8, new Uint8Array(16)), refused("flash-alignment"));
    assert.throws(() => flash.write(16, new Uint8Array(8)), refused("flash-alignment"));
    flash.write(16, new Uint8Array(32));
  });
});

describe("flash model: power cuts", () => {
  it("counts writes and erases, and nothing works between the cut and the next start", () => {
    const flash = new MemoryFlash(2 * sectorSize);
    flash.cutAt(2, "none", 1);
    flash.erase(0, 2 * sectorSize);
    assert.equal(flash.operations, 1);
    const cut = (error: Error) => error instanceof PowerCut;
    assert.throws(() => flash.write(0, new Uint8Array(4)), cut);
    assert.throws(() => flash.read(0, new Uint8Array(4)), cut);
    assert.throws(() => flash.write(0, new Uint8Array(4)), cut);
    assert.throws(() => flash.erase(0, sectorSize), cut);
    flash.powerOn();
    assert.deepEqual(read(flash, 0, 4), [255, 255, 255, 255]);
  });

  it("a torn write has cleared some of its bits and no other", () => {
    for (const tear of tears) {
      for (let seed = 1; seed < 100; seed++) {
        const flash = new MemoryFlash(sectorSize);
        flash.cutAt(1, tear, seed);
        assert.throws(
          () => flash.write(100, new Uint8Array(64).fill(0x5a)),
          (error) => error instanceof PowerCut,
        );
        for (let at = 0; at < sectorSize; at++) {
          const untouched = at < 100 || at >= 164 || tear === "none";
          const byte = flash.bytes[at];
          if (untouched ? byte !== 0xff : (byte & 0x5a) !== 0x5a)
            assert.fail(`${tear}, seed ${seed}: ${at} is ${byte}`);
        }
      }
    }
  });

  it("a torn erase stays inside its range, and the same seed tears alike", () => {
    for (const tear of tears) {
      for (let seed = 1; seed < 20; seed++) {
        const [a, b] = [1, 2].map(() => {
          const flash = new MemoryFlash(new Uint8Array(4 * sectorSize).fill(0x33));
          flash.cutAt(1, tear, seed);
          assert.throws(
            () => flash.erase(sectorSize, 2 * sectorSize),
            (error) => error instanceof PowerCut,
          );
          return flash.bytes;
        });
        assert.deepEqual(a, b);
        assert.ok(a.subarray(0, sectorSize).every((byte) => byte === 0x33));
        assert.ok(a.subarray(3 * sectorSize).every((byte) => byte === 0x33));
      }
    }
  });

  it("counts erase commands as a chip has them: blocks where they fit, else sectors", () => {
    const flash = new MemoryFlash(4 * 65536);
    flash.erase(65536 - sectorSize, 65536 + 2 * sectorSize);
    assert.equal(flash.eraseCommands, 3);
  });
});
