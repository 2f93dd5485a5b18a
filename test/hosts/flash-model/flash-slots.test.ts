import { type BootOptions, boot } from "../../../hosts/flash-model/boot-loader.js";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { FlashSlots } from "../../../hosts/flash-model/flash-slots.js";
import { MemoryFlash } from "../../../hosts/flash-model/memory-flash.js";
import { otaState, readOtaData, writeOtaEntry } from "../../../hosts/flash-model/ota-data.js";
import { openPartition, partitionTable } from "../../../hosts/flash-model/partition-table.js";
import { PowerCut } from "../../../hosts/flash-model/power-cut.js";
import { Fault } from "../../../modules/fault/fault.js";
import { SlotWriter } from "../../../modules/ota/slot-writer.js";
import { toHex } from "../../../modules/text/hex.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

const table = partitionTable({ slotSize: 0x2000, stateSize: 0x2000 });
const first = buildImage({ projectName: "demo", version: "1.0.0", size: 1024, seed: 1 }, crypto);
const second = buildImage({ projectName: "demo", version: "1.1.0", size: 2048, seed: 2 }, crypto);

function device(): BootOptions & { flash: MemoryFlash } {
  const flash = new MemoryFlash(table.flashSize);
  flash.write(table.slots[0].offset, first);
  return { flash, table, crypto, chipId: 0 };
}

function start(options: BootOptions): FlashSlots {
  return new FlashSlots(options, boot(options));
}

function install(slots: FlashSlots, image: Uint8Array): void {
  const writer = new SlotWriter(slots.inactive);
  writer.write(image);
  writer.flush();
}

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.code === code;
}

describe("flash slots: an update as ESP-IDF has it", () => {
  it("a new device starts ota_0, confirmed", () => {
    const slots = start(device());
    assert.equal(slots.running.label, "ota_0");
    assert.equal(slots.inactive.label, "ota_1");
    assert.equal(slots.trial, "confirmed");
    assert.equal(slots.reverted, false);
  });

  it("an entry of otadata is what ESP-IDF writes", () => {
    const options = device();
    boot(options);
    // otatool and esp_ota_ops agree on this entry: sequence 1, blank label, VALID, CRC 0x4743989A.
    const entry = options.flash.bytes.subarray(table.otadata.offset, table.otadata.offset + 32);
    assert.equal(toHex(entry), `01000000${"ff".repeat(20)}020000009a984347`);
  });

  it("an activated image starts on trial, and stays once confirmed", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    assert.equal(old.trial, "confirmed");
    const tried = start(options);
    assert.equal(tried.running.label, "ota_1");
    assert.equal(tried.trial, "pending");
    tried.confirm();
    assert.equal(tried.trial, "confirmed");
    assert.equal(start(options).running.label, "ota_1");
    assert.equal(start(options).trial, "confirmed");
  });

  it("an image that was not confirmed is gone after the next restart", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    start(options);
    const back = start(options);
    assert.equal(back.running.label, "ota_0");
    assert.equal(back.trial, "confirmed");
    assert.equal(back.reverted, true);
    assert.equal(start(options).running.label, "ota_0");
  });

  it("a reverted image is gone after the restart, and remembered until it is overwritten", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    start(options).revert();
    const back = start(options);
    assert.equal(back.running.label, "ota_0");
    assert.equal(back.reverted, true);
    back.inactive.erase(0, 4096);
    assert.equal(back.reverted, false);
  });

  it("updates go round: ota_1 and back to ota_0", () => {
    const options = device();
    for (const [image, label] of [
      [second, "ota_1"],
      [first, "ota_0"],
      [second, "ota_1"],
    ] as const) {
      const slots = start(options);
      install(slots, image);
      slots.activate();
      const tried = start(options);
      assert.equal(tried.running.label, label);
      tried.confirm();
    }
    assert.equal(start(options).running.label, "ota_1");
  });

  it("the entry of a slot that is overwritten goes before its first byte", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    start(options).confirm();
    const slots = start(options);
    assert.equal(slots.running.label, "ota_1");
    const otadata = openPartition(options.flash, table.otadata);
    assert.equal(readOtaData(otadata)[0].sequence, 1);
    options.flash.cutAt(2, "none", 1);
    assert.throws(
      () => slots.inactive.erase(0, 4096),
      (error) => error instanceof PowerCut,
    );
    options.flash.powerOn();
    assert.equal(readOtaData(otadata)[0].sequence, 0xffffffff);
    assert.equal(start(options).running.label, "ota_1");
  });

  it("activating twice changes nothing", () => {
    const options = device();
    const slots = start(options);
    install(slots, second);
    slots.activate();
    slots.activate();
    assert.equal(start(options).running.label, "ota_1");
  });

  it("an image that does not verify is never activated", () => {
    const options = device();
    const slots = start(options);
    assert.throws(() => slots.activate(), refused("not-an-image"));
    install(slots, second);
    options.flash.bytes[table.slots[1].offset + 1000] ^= 4;
    const before = options.flash.bytes.slice();
    assert.throws(() => slots.activate(), refused("image-checksum"));
    assert.deepEqual(options.flash.bytes, before);
  });

  it("an image for another chip is never activated", () => {
    const slots = start(device());
    install(slots, buildImage({ chipId: 9, projectName: "demo", version: "1.1.0", size: 1024 }, crypto));
    assert.throws(() => slots.activate(), refused("wrong-chip"));
  });

  it("while an image is on trial its way back can be neither erased, nor written, nor activated", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    const tried = start(options);
    assert.throws(() => tried.inactive.erase(0, 4096), refused("trial-running"));
    assert.throws(() => tried.inactive.write(4096, new Uint8Array(16)), refused("trial-running"));
    assert.throws(() => tried.activate(), refused("trial-running"));
    tried.confirm();
    tried.inactive.erase(0, 4096);
  });

  it("a reverted image can be reverted again, and not be confirmed any more", () => {
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    const tried = start(options);
    tried.revert();
    tried.revert();
    assert.throws(() => tried.confirm(), refused("trial-given-up"));
    assert.equal(start(options).running.label, "ota_0");
  });

  it("a revert with nothing to go back to is refused", () => {
    const slots = start(device());
    assert.throws(() => slots.revert(), refused("revert-impossible"));
    const options = device();
    const old = start(options);
    install(old, second);
    old.activate();
    const tried = start(options);
    options.flash.bytes[table.slots[0].offset + 500] ^= 1;
    assert.throws(() => tried.revert(), refused("revert-impossible"));
  });
});

describe("boot loader: what it makes of damage", () => {
  it("an activated image that rots before the restart is passed over", () => {
    const options = device();
    const slots = start(options);
    install(slots, second);
    slots.activate();
    options.flash.bytes[table.slots[1].offset + 700] ^= 1;
    assert.equal(start(options).running.label, "ota_0");
  });

  it("otadata full of garbage starts whatever verifies", () => {
    for (const byte of [0x00, 0x01, 0x02, 0x5a]) {
      const options = device();
      options.flash.bytes.fill(byte, table.otadata.offset, table.otadata.offset + table.otadata.size);
      assert.equal(start(options).running.label, "ota_0");
      options.flash.bytes.set(second, table.slots[1].offset);
      options.flash.bytes.fill(0xff, table.slots[0].offset, table.slots[0].offset + 4096);
      assert.equal(start(options).running.label, "ota_1");
    }
  });

  it("two entries given up start ota_0 without touching them", () => {
    const options = device();
    const otadata = openPartition(options.flash, table.otadata);
    writeOtaEntry(otadata, 0, 3, otaState.invalid);
    writeOtaEntry(otadata, 1, 4, otaState.aborted);
    assert.equal(start(options).running.label, "ota_0");
    assert.deepEqual(
      readOtaData(otadata).map((entry) => entry.sequence),
      [3, 4],
    );
  });

  it("a device without any image says so", () => {
    const options = device();
    options.flash.erase(0, options.flash.size);
    assert.throws(() => boot(options), refused("no-bootable-image"));
  });
});

describe("7: flash slots of a device that was flashed without rollback", () => {
  it("a boot loader without rollback marks no trial, and no restart ends one: the image goes back by itself", () => {
    const options = { ...device(), rollback: false };
    const old = start(options);
    install(old, second);
    old.activate();
    assert.deepEqual([start(options).trial, start(options).unmarked], ["pending", true]);
    const slots = start(options);
    assert.equal(slots.running.label, "ota_1");
    slots.revert();
    assert.equal(start(options).running.label, "ota_0");
  });

  it("one with rollback marks it", () => {
    const options = device();
    const old = start(options);
    assert.equal(old.unmarked, undefined);
    install(old, second);
    old.activate();
    assert.deepEqual([start(options).unmarked], [false]);
  });

  it("an image that was built without it activates the next one without a trial", () => {
    const options = device();
    const old = new FlashSlots(options, boot(options), { rollback: false });
    install(old, second);
    old.activate();
    const slots = start(options);
    assert.deepEqual([slots.running.label, slots.trial, slots.unmarked], ["ota_1", "confirmed", undefined]);
  });

  it("is fresh until the first activation, and never again, whatever became of it", () => {
    const options = device();
    assert.equal(start(options).fresh, true);
    const old = start(options);
    install(old, second);
    assert.equal(old.fresh, true);
    old.activate();
    assert.equal(old.fresh, false);
    assert.equal(start(options).fresh, false);
    const back = start(options);
    assert.deepEqual([back.running.label, back.fresh], ["ota_0", false]);
  });
});
