/*
 * A device that was flashed without a second slot, rollback or the watchdog: it says so at every start; what it does with an
 * update depends on how it came to its image, and on who wants it.
 */

import type { Lack } from "../../../hosts/flash-model/lacking.js";
import { otaState, writeOtaEntry } from "../../../hosts/flash-model/ota-data.js";
import { openPartition } from "../../../hosts/flash-model/partition-table.js";
import type { LinkOptions } from "../../../src/options.js";
import { UpdateRecords } from "../../../src/update/records.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, product, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

const words: readonly (readonly [Lack, string])[] = [
  ["second-slot", "a second application slot"],
  ["rollback", "rollback"],
  ["watchdog", "the watchdog"],
];

function tail(scene: UpdateScene): string {
  return scene.device.lines.slice(-25).join("\n");
}

function sceneOf(lacking: readonly Lack[], link: Partial<LinkOptions> = {}): UpdateScene {
  return new UpdateScene({ before, after, lacking, link });
}

/** What otadata holds once images were activated: what runs came over the air. */
function cameOverTheAir(scene: UpdateScene): void {
  writeOtaEntry(openPartition(scene.flash, scene.table.otadata), 0, 3, otaState.valid);
}

function said(scene: UpdateScene, pattern: RegExp): string[] {
  return scene.device.lines.filter((line) => pattern.test(line));
}

function statuses(scene: UpdateScene): Record<string, unknown>[] {
  return scene.hub.reports.filter(({ event }) => event === "status_update").map(({ payload }) => payload);
}

describe("7: a device says at its start what it was flashed without", () => {
  for (const [lack, word] of words) {
    it(`${word}, in one sentence, before it connects`, () => {
      const scene = sceneOf([lack]);
      scene.device.begin = () => {};
      scene.device.powerOn();
      assert.equal(said(scene, new RegExp(`flashed without ${word} and takes no update`)).length, 1, tail(scene));
    });
  }

  it("all of it in the same sentence", () => {
    const scene = sceneOf(["second-slot", "rollback", "watchdog"]);
    scene.device.powerOn();
    assert.equal(
      said(scene, /without a second application slot, rollback and the watchdog and/).length,
      1,
      tail(scene),
    );
  });

  it("nothing where nothing is missing", () => {
    const scene = sceneOf([]);
    scene.device.powerOn();
    assert.deepEqual(said(scene, /lacks|flashed without/), []);
  });
});

describe("7: a fresh flash without protection takes no update", () => {
  for (const [lack, word] of words) {
    it(`without ${word}: it is put off for an hour, in words, and nothing is downloaded`, async () => {
      const scene = sceneOf([lack]);
      scene.device.powerOn();
      assert.ok(await scene.run(() => statuses(scene).length === 2, hour), tail(scene));
      const [received, last] = statuses(scene);
      assert.equal(received["status"], "received");
      assert.deepEqual([last["status"], last["delay_for"]], ["rescheduled", hour]);
      assert.match(String(last["reason"]), new RegExp(`without ${word} .*by cable`));
      assert.equal(scene.files.requests, 0);
      assert.equal(scene.hub.blocked, false);
    });
  }

  it("nor does the application hear of it", async () => {
    let asked = 0;
    const scene = sceneOf(["watchdog"], {
      client: {
        updateAvailable: () => {
          asked++;
          return "apply";
        },
      },
    });
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).length === 2, hour), tail(scene));
    assert.equal(asked, 0);
  });

  for (const lack of ["rollback", "watchdog"] as const) {
    it(`unless it is told to: without ${lack} it updates, with the warning`, async () => {
      const scene = sceneOf([lack], { unprotectedUpdates: true });
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.version === "1.1.0" && scene.hub.uuid !== undefined, hour), tail(scene));
      assert.ok(said(scene, /lacks .*a bad update may stay/).length >= 2, tail(scene));
    });
  }

  it("once it is flashed right it takes the same offer", async () => {
    const lacking: Lack[] = ["watchdog"];
    const scene = sceneOf(lacking);
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).length === 2, hour), tail(scene));
    lacking.pop();
    scene.device.powerOff();
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, 3 * hour), tail(scene));
  });

  it("a download that a former life of the device left behind does not go on", async () => {
    const scene = sceneOf(["rollback"]);
    scene.device.begin = (link) => {
      const file = { uuid: "former", checksum: undefined, size: 8192 };
      const records = new UpdateRecords(scene.device.platform!.store);
      const from = { url: "http://files.test:4001/former.bin", parts: [], version: "0.9.0", product, manual: false };
      records.source = { ...file, ...from, uses: 0 };
      records.progress = { ...file, offset: 4096, state: undefined };
      link.start();
      assert.equal(records.source, undefined);
    };
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).length === 2, hour), tail(scene));
    assert.equal(scene.files.requests, 0);
  });
});

describe("7: a device that came to its image over the air goes on taking updates", () => {
  for (const lack of ["rollback", "watchdog"] as const) {
    it(`without ${lack}, with the warning at every start`, async () => {
      const scene = sceneOf([lack]);
      cameOverTheAir(scene);
      scene.device.powerOn();
      assert.equal(said(scene, /lacks .*a bad update may stay/).length, 1, tail(scene));
      assert.ok(await scene.run(() => scene.version === "1.1.0", hour), tail(scene));
      assert.ok(said(scene, /lacks .*a bad update may stay/).length === 2, tail(scene));
    });
  }
});

describe("7: that the boot loader has no rollback shows in the first trial", () => {
  const warning = /lacks rollback in the boot loader/;

  it("is said there, and at every start from then on, also of the image that came back", async () => {
    const lacking: Lack[] = ["boot-loader-rollback"];
    let valid = false;
    const scene = sceneOf(lacking, { client: { validate: () => valid } });
    scene.device.powerOn();
    assert.deepEqual(said(scene, warning), []);
    assert.ok(await scene.run(() => scene.version === "1.1.0", hour), tail(scene));
    assert.equal(said(scene, warning).length, 1, tail(scene));
    // The agent itself goes back: nothing else would.
    assert.ok(await scene.run(() => scene.version === "1.0.0", hour), tail(scene));
    assert.equal(said(scene, warning).length, 2, tail(scene));
    valid = true;
    assert.ok(await scene.run(() => scene.updated, 24 * hour), tail(scene));
    const times = said(scene, warning).length;
    scene.device.powerOff();
    scene.device.powerOn();
    assert.equal(said(scene, warning).length, times + 1, tail(scene));
  });

  it("is forgotten when another trial shows the opposite", async () => {
    const lacking: Lack[] = [];
    const scene = sceneOf(lacking);
    cameOverTheAir(scene);
    scene.device.powerOn();
    scene.device.platform?.store.set("no-rollback", new Uint8Array([1]));
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.deepEqual(said(scene, warning), []);
    assert.equal(scene.device.platform?.store.get("no-rollback"), undefined);
  });

  it("is forgotten by a flash by cable, which brings a boot loader", () => {
    const scene = sceneOf([]);
    scene.device.powerOn();
    scene.device.platform?.store.set("no-rollback", new Uint8Array([1]));
    scene.device.powerOff();
    scene.device.powerOn();
    assert.deepEqual(said(scene, warning), []);
  });
});
