/*
 * What is refused before anything is lost: not a byte of the inactive slot is erased for it.
 */

import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { FaultyFlash } from "../../support/faulty-flash.js";
import { assert, crypto, describe, it } from "../../support/harness.js";
import { chipId, image, product, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const hour = 3600000;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 20480);

/** detools' signed variable-length size. */
function sizeBytes(size: number): number[] {
  const bytes = [size & 0x3f];
  for (let rest = Math.floor(size / 64); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] |= 0x80;
    bytes.push(rest & 0x7f);
  }
  return bytes;
}

function patch(toSize: number): Uint8Array {
  const bytes = new Uint8Array(400).fill(0x5a);
  bytes.set([0x04, ...sizeBytes(toSize), 0x44]);
  return bytes;
}

const zip = new Uint8Array(5000);
zip.set([0x50, 0x4b, 3, 4]);
const noise = new Uint8Array(5000).fill(0x41);
const plainElf = new Uint8Array(5000);
plainElf.set([0x7f, 0x45, 0x4c, 0x46]);

const cases: [string, Partial<SceneOptions>, RegExp][] = [
  [
    "an image for another chip",
    { after: buildImage({ chipId: 5, projectName: product, version: "1.1.0", size: 20480, seed: 2 }, crypto) },
    /is for esp32c3 and this device is a esp32s3/,
  ],
  [
    "an image of another product",
    { after: buildImage({ chipId, projectName: "toaster", version: "1.1.0", size: 20480, seed: 2 }, crypto) },
    /is of product "toaster"/,
  ],
  ["an image with another uuid than announced", { file: image("1.1.0", 9, 20480) }, /where the server announced/],
  ["an image larger than the slot", { after: image("1.1.0", 2, 200_000), slotSize: 131072 }, /larger partition/],
  ["a fwup archive", { file: zip }, /fwup archive.*upload the application image/],
  ["an ELF file", { file: plainElf }, /0x7f/],
  ["noise", { file: noise }, /0x41/],
  ["a delta of another compression", { file: new Uint8Array([0x01, 0x80]) }, /./],
  ["a delta that rebuilds 4 GB", { file: patch(0xffff_ffff) }, /slot holds/],
  ["a delta that rebuilds more than the slot", { file: patch(1_000_000) }, /slot holds/],
  ["a delta of rubbish", { file: patch(20480) }, /./],
  ["a file of one byte", { file: new Uint8Array([0xe9]) }, /./],
  ["an image that ends in its head", { file: after.slice(0, 200) }, /at least 288/],
];

describe("update: refused before anything is erased", () => {
  for (const [name, options, reason] of cases) {
    it(name, async () => {
      let flash: FaultyFlash | undefined;
      const newFlash = (size: number): FaultyFlash => {
        flash = new FaultyFlash(size, 16);
        return flash;
      };
      const scene = new UpdateScene({ before, after, ...options, newFlash });
      const { offset, size } = scene.table.slots[1];
      const old = image("0.9.0", 5, 65536);
      flash!.bytes.set(old, offset);
      scene.device.powerOn();
      await scene.run(() => scene.hub.blocked, hour);
      const words = scene.hub.reports.filter(({ event }) => event === "status_update");
      assert.deepEqual(
        words.map(({ payload }) => payload["status"]),
        // What the offer itself says needs no download.
        name === "an image larger than the slot" ? ["received", "failed"] : ["received", "started", "failed"],
        scene.device.lines.join("\n"),
      );
      assert.match(String(words.at(-1)?.payload["reason"]), reason);
      assert.deepEqual(
        flash!.erases.filter(([at]) => at >= offset && at < offset + size),
        [],
      );
      assert.deepEqual(flash!.bytes.slice(offset, offset + old.byteLength), old);
      assert.ok(scene.files.requests <= 2, `${scene.files.requests} requests`);
      assert.equal(scene.version, "1.0.0");
    });
  }
});
