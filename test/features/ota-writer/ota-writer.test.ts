/*
 * Issue 12, item 6: a writer on the SDK's own `ota` API. The module is stood in for (test/support/sdk-ota.ts); the writer, the
 * link, the trial and the flash below are the product's.
 */

import { buildImage } from "../../../hosts/flash-model/build-image.js";
import type { FlashSlots } from "../../../hosts/flash-model/flash-slots.js";
import { tears } from "../../../hosts/flash-model/memory-flash.js";
import { otaState, writeOtaEntry } from "../../../hosts/flash-model/ota-data.js";
import { openPartition } from "../../../hosts/flash-model/partition-table.js";
import { imageHeadSize, parseImageHead } from "../../../modules/ota/image.js";
import { firmwareMetadata } from "../../../src/firmware/firmware-metadata.js";
import type { LinkOptions } from "../../../src/options.js";
import { Trust } from "../../../src/update/trust.js";
import { assert, crypto, describe, it, report, stride } from "../../support/harness.js";
import { Sdk, SdkWriter } from "../../support/sdk-ota.js";
import {
  chipId,
  image,
  product,
  type SceneOptions,
  sha256,
  UpdateScene,
  updateMessage,
} from "../../support/update-scene.js";
import type { Cut } from "../../support/virtual-device.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 20480);

/** A device whose application passes a new writer at every start, as `new OtaWriter()` in its main module does. */
class OtaScene extends UpdateScene {
  readonly sdk: Sdk;

  constructor(options: Partial<SceneOptions> = {}) {
    const own: { sdk?: Sdk } = {};
    const link: Partial<LinkOptions> = {
      ...options.link,
      get writer() {
        return new SdkWriter(own.sdk!);
      },
    };
    super({ before, after, ...options, link });
    this.sdk = new Sdk(() => this.device.platform!.slots as FlashSlots);
    own.sdk = this.sdk;
  }

  get tail(): string {
    return [...this.device.lines.slice(-25), ...this.sdk.calls].join("\n");
  }

  /** The word that ended the update, and its reason. */
  get ended(): { status: string; reason: string } | undefined {
    const words = this.hub.reports.filter(({ event }) => event === "status_update");
    const last = words.find(({ payload }) => ["failed", "rescheduled"].includes(String(payload["status"])))?.payload;
    return last === undefined ? undefined : { status: String(last["status"]), reason: String(last["reason"]) };
  }

  async refused(status: string, reason: RegExp): Promise<void> {
    this.device.powerOn();
    assert.ok(await this.run(() => this.ended !== undefined, hour), this.tail);
    assert.equal(this.ended!.status, status, this.tail);
    assert.match(this.ended!.reason, reason);
    assert.equal(this.version, "1.0.0");
    assert.equal(this.device.restarts, 0);
  }

  async update(): Promise<void> {
    this.device.powerOn();
    assert.ok(await this.run(() => this.updated, hour), this.tail);
    assert.equal(this.version, "1.1.0");
  }
}

/** `whole` with one byte of its code changed, and every other check of it as it was. */
function damaged(whole: Uint8Array): Uint8Array {
  const bytes = whole.slice();
  bytes[10_000] ^= 1;
  return bytes;
}

describe("12.6 a writer on the SDK's ota: the image's head", () => {
  const cases: readonly (readonly [string, Partial<SceneOptions>, RegExp])[] = [
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
    ["a delta", { file: new Uint8Array([0x04, 0x20, ...new Uint8Array(400)]) }, /is a delta, .* switch deltas off/],
    ["a fwup archive", { file: new Uint8Array([0x50, 0x4b, 3, 4, ...new Uint8Array(400)]) }, /fwup archive/],
    ["an image that ends in its head", { file: after.slice(0, 200) }, /at least 288/],
    ["an image larger than the slot", { after: image("1.1.0", 2, 200_000), slotSize: 131072 }, /larger partition/],
  ];
  for (const [what, options, reason] of cases) {
    it(`${what} never opens the slot, and what lies there stays`, async () => {
      const scene = new OtaScene(options);
      const { offset, size } = scene.table.slots[1];
      scene.flash.bytes.set(image("0.9.0", 5, 65536), offset);
      const old = sha256(scene.flash.bytes.slice(offset, offset + size));
      await scene.refused("failed", reason);
      assert.deepEqual(scene.sdk.calls, []);
      assert.equal(sha256(scene.flash.bytes.slice(offset, offset + size)), old);
    });
  }

  it("the SDK's object is made with the last byte of the head, and not before", () => {
    const scene = new OtaScene();
    scene.device.begin = () => {};
    scene.device.powerOn();
    const writer = new SdkWriter(scene.sdk);
    const running = firmwareMetadata(parseImageHead(before));
    const { uuid } = updateMessage(after, after).firmware_meta;
    const update = { ...running, uuid, description: undefined, size: after.byteLength, manual: false };
    const { slots } = scene.device.platform!;
    writer.begin(after.byteLength, update, { crypto, slots, trust: new Trust({ chipId, running }) });
    for (let at = 0; at < imageHeadSize - 1; at++) writer.write(after.subarray(at, at + 1));
    assert.deepEqual(scene.sdk.calls, []);
    writer.write(after.subarray(imageHeadSize - 1, imageHeadSize));
    assert.deepEqual(scene.sdk.calls, ["open"]);
    assert.equal(scene.sdk.written, imageHeadSize);
  });

  it("a wish for an update during a trial is put off, and the way back is not touched", () => {
    const scene = new OtaScene();
    writeOtaEntry(openPartition(scene.flash, scene.table.otadata), 0, 1, otaState.new);
    scene.device.begin = () => {};
    scene.device.powerOn();
    const running = firmwareMetadata(parseImageHead(before));
    const update = { ...running, description: undefined, size: undefined, manual: false };
    const context = { crypto, slots: scene.device.platform!.slots, trust: new Trust({ chipId, running }) };
    assert.throws(
      () => new SdkWriter(scene.sdk).begin(undefined, update, context),
      (error) => /still on trial/.test(error.message),
    );
    assert.deepEqual(scene.sdk.calls, []);
  });
});

describe("12.6 a writer on the SDK's ota: the bytes", () => {
  it("a write that fails aborts, and is offered again", async () => {
    const scene = new OtaScene();
    scene.sdk.fails = "write failed";
    await scene.refused("rescheduled", /the SDK's ota says "write failed"/);
    assert.deepEqual(scene.sdk.calls, ["open", "cancel"]);
  });

  it("a slot that cannot be opened is offered again", async () => {
    const scene = new OtaScene();
    scene.sdk.fails = "begin failed";
    await scene.refused("rescheduled", /Could not open the inactive slot.*"begin failed"/);
    assert.deepEqual(scene.sdk.calls, []);
  });

  it("an image whose appended hash does not match never completes, also when the server's checksum does", async () => {
    const scene = new OtaScene({ file: damaged(after) });
    await scene.refused("failed", /damaged/);
    assert.deepEqual(scene.sdk.calls, ["open", "cancel"]);
  });

  it("an image whose checksum byte is right and whose hash is not never completes", async () => {
    const file = after.slice();
    file[file.byteLength - 1] ^= 1;
    const scene = new OtaScene({ file });
    await scene.refused("failed", /appended SHA-256 does not match/);
    assert.deepEqual(scene.sdk.calls, ["open", "cancel"]);
  });

  it("an image that is cut short never completes", async () => {
    const message = { size: null, partials_checksums: null };
    const scene = new OtaScene({ file: after.slice(0, 16384), message });
    await scene.refused("failed", /ends early/);
    assert.deepEqual(scene.sdk.calls, ["open", "cancel"]);
  });

  it("what follows damage is not written", async () => {
    const file = after.slice();
    // Of the second segment's header: a length that cannot be.
    const second = 24 + 8 + new DataView(file.buffer).getUint32(28, true);
    file[second + 7] = 0xff;
    const scene = new OtaScene({ file });
    await scene.refused("failed", /impossible length/);
    assert.ok(scene.sdk.written <= second + 4096, `${scene.sdk.written} bytes were written`);
  });

  it("damage on the way costs one more download, and no refusal", async () => {
    const scene = new OtaScene();
    scene.files.answer = ({ number }) => (number === 1 ? { spoil: damaged } : undefined);
    await scene.update();
    assert.deepEqual(scene.sdk.calls, ["open", "cancel", "open", "complete", "confirm"]);
  });

  it("an image that esp_ota_end refuses as it lies in flash does not start, and is offered again", async () => {
    const scene = new OtaScene();
    scene.sdk.fails = "end failed";
    await scene.refused("rescheduled", /Could not activate the image.*"end failed"/);
    assert.deepEqual(scene.sdk.calls, ["open", "complete", "cancel"]);
    scene.device.powerOn();
    assert.equal(scene.version, "1.0.0");
  });

  it("otadata that cannot be written leaves the running image, and is offered again", async () => {
    const scene = new OtaScene();
    scene.sdk.fails = "can't change boot partition";
    await scene.refused("rescheduled", /can't change boot partition/);
    scene.device.powerOn();
    assert.equal(scene.version, "1.0.0");
    scene.sdk.fails = undefined;
    await scene.update();
  });
});

describe("12.6 a writer on the SDK's ota: abort", () => {
  it("a begin after an abort starts anew", async () => {
    const scene = new OtaScene();
    // The server does not serve ranges and breaks off once.
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 9000 } : { ignoreRange: true });
    await scene.update();
    assert.deepEqual(scene.sdk.calls, ["open", "cancel", "open", "complete", "confirm"]);
  });

  it("a lost connection goes on at the very byte, in the same slot that is open", async () => {
    const scene = new OtaScene();
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 9000 } : undefined);
    await scene.update();
    assert.deepEqual(scene.sdk.calls, ["open", "complete", "confirm"]);
    assert.equal(scene.files.served, after.byteLength);
  });

  it("a slot that a closed link has left open is closed before another is opened", async () => {
    const own: { sdk?: Sdk } = {};
    const open = (): SdkWriter => new SdkWriter(own.sdk!);
    let writer: SdkWriter | undefined;
    const scene = new UpdateScene({
      before,
      after,
      link: {
        get writer() {
          writer ??= open();
          return writer;
        },
      },
    });
    own.sdk = new Sdk(() => scene.device.platform!.slots as FlashSlots);
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 9000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    assert.ok(await scene.run(() => own.sdk!.written > 4096, hour));
    scene.device.link!.close();
    scene.device.relink();
    assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.slice(-25).join("\n"));
    assert.deepEqual(own.sdk.calls.slice(0, 3), ["open", "cancel", "open"]);
  });
});

describe("12.6 a writer on the SDK's ota: the trial", () => {
  it("updates end to end: from the offer to an image that the server knows to be confirmed", async () => {
    const scene = new OtaScene();
    await scene.update();
    assert.deepEqual(scene.sdk.calls, ["open", "complete", "confirm"]);
    assert.equal(scene.device.restarts, 1);
    assert.equal(scene.device.platform!.slots.trial, "confirmed");
    assert.deepEqual(scene.hub.crashes, []);
    const running = new Uint8Array(after.byteLength);
    scene.device.platform!.slots.running.read(0, running);
    assert.equal(sha256(running), sha256(after));
  });

  it("an image of any length arrives whole, also where flash is written by 16 bytes", async () => {
    const file = new Uint8Array(24576 + 4096 + 16);
    file.set(image("1.1.0", 4, file.byteLength));
    const scene = new OtaScene({ after: file });
    await scene.update();
    const running = new Uint8Array(file.byteLength);
    scene.device.platform!.slots.running.read(0, running);
    assert.equal(sha256(running), sha256(file));
  });

  it("starts on trial, and is confirmed only once the server has accepted it", async () => {
    const scene = new OtaScene();
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.sdk.calls.includes("complete"), hour), scene.tail);
    scene.hub.reachable = false;
    assert.ok(await scene.run(() => scene.device.restarts === 1 && scene.version === "1.1.0", hour), scene.tail);
    await scene.run(() => false, 5 * minute);
    assert.equal(scene.device.platform!.slots.trial, "pending");
    assert.ok(!scene.sdk.calls.includes("confirm"), scene.tail);
    scene.hub.reachable = true;
    assert.ok(await scene.run(() => scene.updated, 5 * minute), scene.tail);
    assert.equal(scene.sdk.calls.at(-1), "confirm");
  });

  it("goes back at the deadline when the server never accepts it, unconfirmed, and says why", async () => {
    const scene = new OtaScene({ link: { client: { validate: () => false } } });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.device.restarts === 2 && scene.version === "1.0.0", hour), scene.tail);
    assert.ok(!scene.sdk.calls.includes("confirm"), scene.tail);
    assert.ok(await scene.run(() => scene.hub.blocked || scene.ended !== undefined, hour), scene.tail);
    assert.match(scene.ended!.reason, /went back from this firmware/);
  });

  it("goes back also where a power cut has left otadata without an entry for the running image", async () => {
    const scene = new OtaScene({ link: { client: { validate: () => false } } });
    // What a boot loader leaves that fell back to ota_0: the entry of an image that does not start.
    writeOtaEntry(openPartition(scene.flash, scene.table.otadata), 0, 2, otaState.valid);
    scene.device.powerOn();
    assert.equal(scene.version, "1.0.0");
    assert.ok(await scene.run(() => scene.version === "1.1.0", hour), scene.tail);
    assert.ok(await scene.run(() => scene.version === "1.0.0", hour), scene.tail);
  });

  it("a confirmation that ESP-IDF refuses is logged with its code, and the image stays", async () => {
    const scene = new OtaScene();
    scene.sdk.confirms = 0x105;
    await scene.update();
    assert.ok(
      scene.device.lines.some((line) => /writer\.confirm threw: .*esp_err_t 0x105/.test(line)),
      scene.tail,
    );
    assert.equal(scene.device.restarts, 1);
  });
});

describe("12.6 a writer on the SDK's ota: the power", () => {
  async function survive(cut: Cut, file = after): Promise<OtaScene> {
    const scene = new OtaScene({ after: file, cuts: [cut] });
    await scene.update();
    assert.deepEqual(scene.hub.crashes, [], `cut at ${cut.at} (${cut.tear})`);
    return scene;
  }

  it("a power cut in the middle leaves the running image, and the download begins at its start", async () => {
    const scene = new OtaScene();
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 9000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.sdk.written === 9000, hour), scene.tail);
    scene.device.powerOff();
    scene.flash.powerOn();
    scene.device.powerOn();
    assert.equal(scene.version, "1.0.0");
    const served = scene.files.served;
    await scene.update();
    assert.ok(scene.files.served - served >= after.byteLength, "it was resumed");
  });

  it("a cut at every flash operation, torn in every way, ends on the new image, confirmed", async () => {
    const good = new OtaScene();
    await good.update();
    const { operations } = good.device;
    let cuts = 0;
    for (const tear of tears)
      for (let at = 1; at <= operations; at += stride) cuts += (await survive({ at, tear })).device.cuts;
    assert.equal(cuts, tears.length * Math.ceil(operations / stride));
    report(`${cuts} power cuts with the SDK's ota, ${cuts} recovered, 0 bricked`);
  });
});

describe("12.6 a writer into the host's slots is protected as they are", () => {
  for (const [lack, word] of [
    ["rollback", "rollback"],
    ["second-slot", "a second application slot"],
    ["watchdog", "the watchdog"],
  ] as const) {
    it(`without ${word} a fresh device takes no update by it`, async () => {
      const scene = new OtaScene({ lacking: [lack] });
      await scene.refused("rescheduled", new RegExp(`without ${word} and takes no update`));
      assert.equal(scene.files.requests, 0);
    });
  }

  it("where there is no second slot it refuses in words, also when updates without protection are wanted", async () => {
    const scene = new OtaScene({ lacking: ["second-slot"], link: { unprotectedUpdates: true } });
    await scene.refused("failed", /no second application slot/);
    assert.equal(scene.files.requests, 0);
  });

  it("and a writer to anywhere else is not", async () => {
    let finished = 0;
    const writer = { begin() {}, write() {}, finish: () => void finished++, abort() {} };
    const scene = new UpdateScene({ before, after, lacking: ["rollback"], link: { writer } });
    scene.device.powerOn();
    assert.ok(await scene.run(() => finished === 1, hour));
  });
});
