import { type BootOptions, boot } from "../../../hosts/flash-model/boot-loader.js";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { FlashSlots } from "../../../hosts/flash-model/flash-slots.js";
import { MemoryFlash, type Tear, tears } from "../../../hosts/flash-model/memory-flash.js";
import { partitionTable } from "../../../hosts/flash-model/partition-table.js";
import { PowerCut } from "../../../hosts/flash-model/power-cut.js";
import { parseImageHead } from "../../../modules/ota/image.js";
import { SlotWriter } from "../../../modules/ota/slot-writer.js";
import { assert, crypto, describe, it } from "../../support/harness.js";

/*
 * The least that a device does, life after life: it installs what it wants, activates it, restarts, and ends the trial.
 * The power is cut at every flash operation of that, by the boot loader's as by the application's.
 */

const table = partitionTable({ slotSize: 0x2000, stateSize: 0x2000 });
const images = ["1.0.0", "1.1.0", "1.2.0"].map((version, i) =>
  buildImage({ projectName: "demo", version, size: 1024 + 512 * i, seed: i + 1 }, crypto),
);

/** What the device does with an image on trial. Confirming, it tries again after a trial that a power cut ended. */
type Outcome = "confirm" | "revert" | "restart";

function newDevice(): BootOptions & { flash: MemoryFlash } {
  const flash = new MemoryFlash(table.flashSize);
  flash.write(table.slots[0].offset, images[0]);
  flash.powerOn();
  return { flash, table, crypto, chipId: 0 };
}

function runningVersion(slots: FlashSlots): string {
  const head = new Uint8Array(288);
  slots.running.read(0, head);
  return parseImageHead(head).description.version;
}

/**
 * Runs the device until it rests.
 *
 * @param wanted version that it wants to run
 * @param outcome what it does with an image on trial
 * @param starts versions that start are added here
 * @returns the version at rest
 */
function live(options: BootOptions, wanted: string, outcome: Outcome, starts: string[] = []): string {
  for (let i = 0; i < 10; i++) {
    const slots = new FlashSlots(options, boot(options));
    const version = runningVersion(slots);
    starts.push(version);
    if (slots.trial === "pending" && outcome !== "confirm") {
      if (outcome === "revert") slots.revert();
      continue;
    }
    if (slots.trial === "pending") slots.confirm();
    if (version === wanted || (slots.reverted && outcome !== "confirm")) return version;
    const writer = new SlotWriter(slots.inactive);
    writer.write(images.find((image) => parseImageHead(image).description.version === wanted)!);
    writer.flush();
    slots.activate();
  }
  throw new Error("the device does not come to rest");
}

function lifeUntilCut(options: BootOptions, wanted: string, outcome: Outcome): boolean {
  try {
    live(options, wanted, outcome);
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

/** The device as it is before the update that is cut: new, or updated before, so that both slots and entries are in use. */
const beginnings: [string, () => BootOptions & { flash: MemoryFlash }, string, string][] = [
  ["the first update", newDevice, "1.0.0", "1.1.0"],
  [
    "a later update",
    () => {
      const device = newDevice();
      live(device, "1.1.0", "confirm");
      device.flash.powerOn();
      return device;
    },
    "1.1.0",
    "1.2.0",
  ],
  [
    "an update after one that was reverted",
    () => {
      const device = newDevice();
      live(device, "1.1.0", "revert");
      const slots = new FlashSlots(device, boot(device));
      slots.inactive.erase(0, 4096);
      device.flash.powerOn();
      return device;
    },
    "1.0.0",
    "1.2.0",
  ],
];

/** @returns the number of cuts, each of which the device survived */
function cutEverywhere(begin: typeof newDevice, old: string, wanted: string, outcome: Outcome, tear: Tear): number {
  const model = begin();
  const end = live(model, wanted, outcome);
  const operations = model.flash.operations;
  let cuts = 0;
  for (let cut = 1; cut <= operations; cut++) {
    for (let seed = 1; seed <= (tear === "none" ? 1 : 8); seed++) {
      const device = begin();
      device.flash.cutAt(cut, tear, cut * 17 + seed);
      if (!lifeUntilCut(device, wanted, outcome)) assert.fail(`operation ${cut} was never reached`);
      cuts++;
      device.flash.powerOn();
      const starts: string[] = [];
      assert.equal(live(device, wanted, outcome, starts), end, `cut ${cut}, seed ${seed}`);
      assert.ok(starts.every((version) => version === old || version === wanted));
      assert.equal(new FlashSlots(device, boot(device)).trial, "confirmed");
    }
  }
  return cuts;
}

describe("power cut at every flash operation of an update", () => {
  for (const [name, begin, old, wanted] of beginnings) {
    for (const tear of tears) {
      it(`${name} always starts old or new and ends on the new image, confirmed (${tear} happened)`, () => {
        assert.ok(cutEverywhere(begin, old, wanted, "confirm", tear) >= 8);
      });
    }
  }

  it("a second cut at every later operation is survived as well", () => {
    const [, begin, , wanted] = beginnings[1];
    let cuts = 0;
    for (let cut = 1; cut <= 12; cut++) {
      for (let second = 1; second <= 12; second++) {
        const device = begin();
        device.flash.cutAt(cut, "scattered", cut);
        lifeUntilCut(device, wanted, "confirm");
        device.flash.powerOn();
        device.flash.cutAt(second, "prefix", second);
        if (lifeUntilCut(device, wanted, "confirm")) cuts++;
        device.flash.powerOn();
        assert.equal(live(device, wanted, "confirm"), wanted);
      }
    }
    assert.ok(cuts > 60, `${cuts} second cuts`);
  });
});

describe("power cut at every flash operation of an update whose image fails its trial", () => {
  for (const outcome of ["revert", "restart"] as const) {
    for (const tear of tears) {
      it(`always starts old or new and never keeps the new image (${outcome}, ${tear} happened)`, () => {
        const [, begin, old, wanted] = beginnings[0];
        assert.ok(cutEverywhere(begin, old, wanted, outcome, tear) >= 8);
      });
    }
  }
});
