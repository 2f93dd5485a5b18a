/*
 * The proof that an update cannot brick: the flash operations of a good run are counted, then power is cut at every one
 * of them, torn in every way, and the device must come back by itself and end where it should. The idea is MCUboot's
 * (sim/src/image.rs).
 */

import { MemoryFlash, tears } from "../../../hosts/flash-model/memory-flash.js";
import { recordInterval } from "../../../src/update/slot-target.js";
import { assert, describe, fixture, it, report, stride } from "../../support/harness.js";
import { image, type SceneOptions, sha256, UpdateScene } from "../../support/update-scene.js";
import type { Cut } from "../../support/virtual-device.js";

const hour = 3600000;
/** Bytes in work when the power goes, besides those since the last record: an erase block, and what is on its way. */
const inWork = 65536;

interface Tally {
  cuts: number;
  worstAgain: number;
}

function tail(scene: UpdateScene, what: string): string {
  return `${what}\n${scene.device.lines.slice(-25).join("\n")}`;
}

/** Flash operations of a good run, from the first power-on to the confirmation. */
async function operationsOf(options: SceneOptions): Promise<number> {
  const scene = new UpdateScene(options);
  scene.device.powerOn();
  assert.ok(await scene.run(() => scene.updated, hour), tail(scene, "the good run is no update"));
  return scene.device.operations;
}

/** One update with `cuts`: it must end on the new image, confirmed, with the hub knowing the truth. */
async function survive(
  options: SceneOptions,
  cuts: Cut[],
  tally: Tally,
  bound = recordInterval + inWork,
): Promise<void> {
  const scene = new UpdateScene({ ...options, cuts });
  const name = cuts.map(({ at, tear }) => `cut at ${at} (${tear})`).join(", then ");
  scene.device.powerOn();
  const done = await scene.run(() => scene.updated, 24 * hour);
  assert.ok(done, tail(scene, `${name}: not updated, runs ${scene.version}`));
  assert.equal(scene.version, "1.1.0", name);
  const running = new Uint8Array(options.after.byteLength);
  scene.device.platform?.slots.running.read(0, running);
  assert.equal(sha256(running), sha256(options.after), `${name}: other bytes run`);
  assert.equal(scene.device.platform?.slots.trial, "confirmed", name);
  assert.deepEqual(scene.hub.crashes, [], tail(scene, name));
  const file = options.file ?? options.after;
  const again = scene.files.served - file.byteLength;
  const allowed = scene.device.cuts * Math.min(file.byteLength, bound);
  assert.ok(again <= allowed, tail(scene, `${name}: ${again} bytes were downloaded again`));
  tally.cuts += scene.device.cuts;
  tally.worstAgain = Math.max(tally.worstAgain, again);
}

describe("update: power cuts", () => {
  const before = image("1.0.0", 1, 65536);
  const after = image("1.1.0", 2, 303104);
  const options = { before, after };

  it("a cut at every flash operation, torn in every way, ends on the new image", async () => {
    const operations = await operationsOf(options);
    assert.ok(operations > 80, `${operations} operations`);
    const tally = { cuts: 0, worstAgain: 0 };
    for (const tear of tears) {
      for (let at = 1; at <= operations; at += stride) await survive(options, [{ at, tear }], tally);
    }
    assert.equal(tally.cuts, tears.length * Math.ceil(operations / stride));
    report(`${tally.cuts} power cuts, ${tally.cuts} recovered, 0 bricked, worst re-download ${tally.worstAgain} bytes`);
  });

  it("the same for a delta, continued from the state that was saved with the progress", async () => {
    const source = image("1.0.0", 1, 294912);
    const target = image("1.1.0", 1, 303104);
    const delta = { before: source, after: target, file: fixture("delta/update-1.0.0-1.1.0.patch") };
    const operations = await operationsOf(delta);
    const tally = { cuts: 0, worstAgain: 0 };
    for (const tear of tears) {
      for (let at = 1; at <= operations; at += stride) await survive(delta, [{ at, tear }], tally);
    }
    assert.equal(tally.cuts, tears.length * Math.ceil(operations / stride));
    report(
      `${tally.cuts} power cuts of a delta, ${tally.cuts} recovered, 0 bricked, worst re-download ${tally.worstAgain} bytes`,
    );
  });

  const twoParts = image("1.1.0", 3, 1048576 + 36864);
  const shapes: [string, Partial<SceneOptions>, number?][] = [
    ["two parts", {}],
    ["two parts, single bytes written", { newFlash: (size) => new MemoryFlash(size, 1) }],
    ["two parts in a slot that ends between erase blocks", { slotSize: twoParts.byteLength + 4096 * 3 }],
    ["two parts, without part checksums", { message: { partials_checksums: null } }],
    // A record at the very end cannot be told from one in the middle: such servers are older than ESP-IDF support.
    [
      "two parts, without size and checksums",
      { message: { size: null, checksum: null, partials_checksums: null } },
      twoParts.byteLength,
    ],
  ];
  for (const [shape, more, bound] of shapes) {
    it(`the same coarsely: ${shape}`, async () => {
      const large = { before, after: twoParts, ...more };
      const operations = await operationsOf(large);
      const tally = { cuts: 0, worstAgain: 0 };
      // Odd, so that it meets writes, erases and records alike.
      const coarse = 37 * stride;
      for (let at = 5; at <= operations; at += coarse) {
        await survive(large, [{ at, tear: tears[at % tears.length] }], tally, bound);
      }
      report(
        `${tally.cuts} power cuts, ${tally.cuts} recovered, 0 bricked, worst re-download ${tally.worstAgain} bytes`,
      );
    });
  }

  it("a second cut at any later operation ends on the new image as well", async () => {
    const operations = await operationsOf(options);
    const tally = { cuts: 0, worstAgain: 0 };
    for (let at = 1; at <= operations; at += 7 * stride) {
      for (let later = at + 1; later <= operations + 20; later += 11) {
        const tear = tears[(at + later) % tears.length];
        await survive(
          options,
          [
            { at, tear },
            { at: later, tear },
          ],
          tally,
        );
      }
    }
    report(`${tally.cuts} power cuts in pairs, 0 bricked, worst re-download ${tally.worstAgain} bytes`);
  });

  it("an image that fails its trial ends on the old one, wherever power is cut", async () => {
    const failing = { ...options, link: { client: { validate: () => false }, trial: { deadlineMs: 60000 } } };
    const old = new UpdateScene(failing);
    old.device.powerOn();
    const back = (scene: UpdateScene) => () => scene.hub.blocked && scene.version === "1.0.0";
    assert.ok(await old.run(back(old), 48 * hour), tail(old, "never given up"));
    const { operations } = old.device;
    let cuts = 0;
    for (let at = 1; at <= operations; at += 3 * stride) {
      const tear = tears[at % tears.length];
      const scene = new UpdateScene({ ...failing, cuts: [{ at, tear }] });
      scene.device.powerOn();
      assert.ok(await scene.run(back(scene), 48 * hour), tail(scene, `cut at ${at} (${tear}), runs ${scene.version}`));
      assert.deepEqual(scene.hub.crashes, [], tail(scene, `cut at ${at} (${tear})`));
      cuts += scene.device.cuts;
    }
    report(`${cuts} power cuts of a failing image, ${cuts} times back on the old one`);
  });
});
