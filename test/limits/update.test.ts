/*
 * Bounds of an update, at the limit and one beyond it.
 */

import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { partitionTable } from "../../hosts/flash-model/partition-table.js";
import { DeltaDecoder } from "../../modules/delta/decoder.js";
import { deltaWindowBitsLimit, sizeBytesLimit } from "../../modules/delta/state.js";
import type { Fault } from "../../modules/fault/fault.js";
import { maxImageSize, parseSegmentLength, segmentHeaderSize } from "../../modules/ota/image.js";
import { DevicePusher } from "../../src/connection/device-pusher.js";
import { parseArchiveOffer } from "../../src/features/archives/archive-offer.js";
import { Redactor } from "../../src/log/redact.js";
import { maxPartFailures, maxStartOvers } from "../../src/update/download.js";
import { maxStoredUrlCharacters, maxUpdateParts, maxUpdateUrlCharacters, parseOffer } from "../../src/update/offer.js";
import { UpdateRecords } from "../../src/update/records.js";
import { maxReasonCharacters, Report } from "../../src/update/report.js";
import { maxSourceUses } from "../../src/update/updater.js";
import type { Answer } from "../support/file-server.js";
import { assert, describe, fixture } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { pair, pushAll, RebuiltImage } from "../support/rebuild-image.js";
import { image, UpdateScene } from "../support/update-scene.js";

const hour = 3_600_000;
const before = image("1.0.0", 1, 4096);
const after = image("1.1.0", 2, 6144);

/** Where scenes with these images have their slots. */
const { slots } = partitionTable({ slotSize: 2 * 65_536 });

const offer = { update_available: true, firmware_url: "http://files/x.bin", firmware_meta: { uuid: "u" } };
const taken = (change: object): boolean => {
  try {
    return parseOffer({ ...offer, ...change }) !== undefined;
  } catch {
    return false;
  }
};

/** Runs until the device has the update or has said that it will not come. */
async function outcome(scene: UpdateScene): Promise<{ updated: boolean; reason: string }> {
  const last = () =>
    scene.hub.reports.find(({ payload }) => ["failed", "rescheduled"].includes(String(payload["status"])));
  scene.device.powerOn();
  await scene.run(() => scene.updated || last() !== undefined, 2 * hour);
  return { updated: scene.updated, reason: String(last()?.payload["reason"] ?? "") };
}

function sceneOf(answer: (number: number) => Answer | undefined): UpdateScene {
  const scene = new UpdateScene({ before, after });
  scene.files.answer = ({ number }) => answer(number);
  return scene;
}

/** Spoils a byte in the middle of the new image, so many times. */
class WornFlash extends MemoryFlash {
  #left: number;

  constructor(size: number, times: number) {
    super(size, 16);
    this.#left = times;
  }

  override write(offset: number, bytes: Uint8Array): void {
    const at = slots[1].offset + 5000 - offset;
    const spoilt = bytes.slice();
    if (at >= 0 && at < bytes.byteLength && this.#left > 0) {
      this.#left--;
      spoilt[at] &= 0;
    }
    super.write(offset, spoilt);
  }
}

describe("limits: updates", () => {
  limit("maxStoredUrlCharacters", "a record with a URL that long fits into a value of the store", () => {
    const bytes = (length: number): number => JSON.stringify({ url: "u".repeat(length), uuid: "u".repeat(36) }).length;
    assert.ok(bytes(maxStoredUrlCharacters) < 2048 && bytes(maxStoredUrlCharacters + 200) > 2048);
  });

  limit("maxUpdateUrlCharacters", "a URL that long is taken, a character more is refused, of archives likewise", () => {
    const url = (characters: number) => "http://files/x?".padEnd(characters, "s");
    assert.equal(taken({ firmware_url: url(maxUpdateUrlCharacters) }), true);
    assert.equal(taken({ firmware_url: url(maxUpdateUrlCharacters + 1) }), false);
    const archive = { uuid: "u", size: 1 };
    assert.ok(parseArchiveOffer({ ...archive, url: url(maxUpdateUrlCharacters) }) !== undefined);
    assert.equal(parseArchiveOffer({ ...archive, url: url(maxUpdateUrlCharacters + 1) }), undefined);
  });

  limit("maxUpdateParts", "that many part checksums are taken, one more is refused", () => {
    const parts = (count: number) => ({ partials_checksums: Array.from({ length: count }, () => "A".repeat(64)) });
    assert.equal(taken(parts(maxUpdateParts)), true);
    assert.equal(taken(parts(maxUpdateParts + 1)), false);
  });

  limit("maxReasonCharacters", "a reason that long is sent whole, a longer one is cut", () => {
    const sent = (characters: number) => {
      const pusher = new DevicePusher();
      const report = new Report(pusher, new Redactor([]), "current", "wlan0");
      let reason: unknown;
      pusher.joined = {
        push: (_event, payload) => {
          reason = (payload as { reason?: unknown }).reason;
          return "1";
        },
      };
      report.received();
      report.ended({ word: "failed", reason: "x".repeat(characters) });
      return String(reason).length;
    };
    assert.equal(sent(maxReasonCharacters), maxReasonCharacters);
    assert.equal(sent(maxReasonCharacters + 1), maxReasonCharacters);
  });

  limit("maxPartFailures", "a part that comes right after so many bad ones is taken, one more ends it", async () => {
    const spoilt = (times: number) =>
      sceneOf((number) =>
        number > times
          ? undefined
          : {
              spoil: (body) => {
                const bad = body.slice();
                bad[5000 % bad.byteLength] ^= 1;
                return bad;
              },
            },
      );
    assert.deepEqual(await outcome(spoilt(maxPartFailures)), { updated: true, reason: "" });
    const beyond = await outcome(spoilt(maxPartFailures + 1));
    assert.equal(beyond.updated, false);
    assert.match(beyond.reason, /damaged, also after/);
    const worn = (writes: number) =>
      new UpdateScene({ before, after, newFlash: (size) => new WornFlash(size, writes) });
    assert.deepEqual(await outcome(worn(maxPartFailures)), { updated: true, reason: "" });
    assert.match((await outcome(worn(maxPartFailures + 1))).reason, /stays damaged in flash/);
  });

  limit("maxStartOvers", "a download that comes through after so many starts is taken, one more ends it", async () => {
    // The first request starts from the first byte anyhow.
    const broken = (times: number) =>
      sceneOf((number) => (number > times ? { ignoreRange: true } : { ignoreRange: true, cutAfter: 4500 }));
    assert.deepEqual(await outcome(broken(maxStartOvers)), { updated: true, reason: "" });
    const beyond = await outcome(broken(maxStartOvers + 1));
    assert.equal(beyond.updated, false);
    assert.match(beyond.reason, /start from the beginning/);
  });

  limit(
    "maxSourceUses",
    "a URL that was used in one restart less is used once more, and then never again",
    async () => {
      const resumed = async (uses: number) => {
        const scene = new UpdateScene({ before, after: image("1.1.0", 2, 300_000) });
        scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 200_000, breakAs: "silence" } : undefined);
        scene.device.powerOn();
        await scene.run(() => scene.files.served > 150_000, hour);
        const records = new UpdateRecords(scene.device.platform!.store);
        records.source = { ...records.source!, uses };
        scene.device.powerOff();
        scene.hub.blocked = true;
        scene.device.powerOn();
        await scene.run(() => scene.files.requests > 1, 60_000);
        const { source } = new UpdateRecords(scene.device.platform!.store);
        return { asked: scene.files.requests > 1, uses: source?.uses };
      };
      assert.deepEqual(await resumed(maxSourceUses - 1), { asked: true, uses: maxSourceUses });
      assert.deepEqual(await resumed(maxSourceUses), { asked: false, uses: undefined });
    },
  );

  limit("deltaWindowBitsLimit", "a window of that many bits is applied, one of a bit more is refused", () => {
    const { from, to, patch } = pair(`window-${deltaWindowBitsLimit}-11`);
    const target = new RebuiltImage(from, to.byteLength);
    const decoder = new DeltaDecoder(target.options);
    pushAll(decoder, patch, patch.byteLength);
    decoder.finish();
    assert.deepEqual(target.bytes(), to);
    const beyond = new DeltaDecoder(new RebuiltImage(from, 8192).options);
    assert.throws(
      () => pushAll(beyond, fixture(`delta/refused-window-${deltaWindowBitsLimit + 1}.patch`), 1000),
      (error) => (error as Fault).code === "patch-window-too-large",
    );
  });

  limit("sizeBytesLimit", "a size of that many bytes is read, one of a byte more is no size", () => {
    const refusal = (bytes: number): string => {
      const size = [...new Array<number>(bytes - 1).fill(0x80), 0x01];
      try {
        new DeltaDecoder(new RebuiltImage(before, 8192).options).push(new Uint8Array([0x04, ...size]));
        return "";
      } catch (error) {
        return (error as Fault).code;
      }
    };
    assert.equal(refusal(sizeBytesLimit), "patch-too-large");
    assert.equal(refusal(sizeBytesLimit + 1), "patch-corrupt");
  });

  limit("maxImageSize", "a segment may be four bytes shorter than the largest image, and no longer", () => {
    const length = (bytes: number): number => {
      const header = new Uint8Array(segmentHeaderSize);
      new DataView(header.buffer).setUint32(4, bytes, true);
      return parseSegmentLength(header, 0);
    };
    assert.equal(length(maxImageSize - 4), maxImageSize - 4);
    assert.throws(
      () => length(maxImageSize),
      (error) => (error as Fault).code === "image-segment-length",
    );
  });
});
