/*
 * Offers as servers make them: long URLs, a second one while the first runs, none at all after an early restart, and a device
 * whose store is full. Issue 13, items 2, 9, 14 and 15.
 */

import { Fault } from "../../../modules/fault/fault.js";
import type { Platform } from "../../../modules/platform/platform.js";
import type { Store } from "../../../modules/platform/store.js";
import { maxStoredUrlCharacters } from "../../../src/update/offer.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, type SceneOptions, UpdateScene, updateMessage } from "../../support/update-scene.js";
import { filePort } from "../../support/virtual-device.js";

const before = image("1.0.0", 1, 20_480);
const after = image("1.1.0", 2, 262_144);
const third = image("1.2.0", 3, 65_536);
const hour = 3_600_000;

const words = (scene: UpdateScene): unknown[] =>
  scene.hub.reports.filter(({ event }) => event === "status_update").map(({ payload }) => payload["status"]);

const long = (length: number): string => {
  const start = `http://files.test:${filePort}/firmware.bin?signature=`;
  return start + "s".repeat(length - start.length);
};

describe("13.2 a download URL that is too long to be remembered", () => {
  for (const length of [maxStoredUrlCharacters, maxStoredUrlCharacters + 1, 2495, 4000, 7000])
    it(`of ${length} characters is updated from all the same`, async () => {
      const scene = new UpdateScene({ before, after, url: () => long(length) });
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
      const said = scene.device.lines.some((line) => line.includes("too many to be remembered"));
      assert.equal(said, length > maxStoredUrlCharacters);
    });

  it("costs the resume after a restart, which then waits for a new offer", async () => {
    const scene = new UpdateScene({ before, after, url: () => long(2495) });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 200_000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.files.served >= 200_000, hour));
    scene.hub.drop();
    scene.device.powerOff();
    scene.device.powerOn();
    assert.equal(scene.files.requests, 1);
    scene.hub.inFlight = false;
    assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
    assert.ok(scene.files.served < after.byteLength + 131_072 + 65_536, `${scene.files.served} bytes`);
  });
});

/** A platform whose store takes no value of more than `most` bytes. */
const fullStore =
  (most: () => number) =>
  (platform: Platform): Platform => {
    const { store } = platform;
    const full: Store = {
      get: (key) => store.get(key),
      delete: (key) => store.delete(key),
      set: (key, bytes) => {
        if (bytes.byteLength > most()) throw new Fault("store", "store-full", `"${key}" does not fit.`);
        store.set(key, bytes);
      },
    };
    return Object.assign(Object.create(platform), { store: full }) as Platform;
  };

describe("13.9 a store that is full", () => {
  it("nothing is downloaded, the word says why, health says it, and the update comes when there is room", async () => {
    let room = 100;
    const scene = new UpdateScene({ before, after, changePlatform: fullStore(() => room) });
    scene.device.powerOn();
    await scene.run(() => words(scene).includes("rescheduled"), hour);
    const last = scene.hub.reports.at(-1)?.payload;
    assert.equal(last?.["status"], "rescheduled");
    assert.match(String(last?.["reason"]), /^The store cannot take what an update needs, so none could be activated/);
    assert.equal(scene.files.requests, 0);
    room = 10_000;
    assert.ok(await scene.run(() => scene.updated, 24 * hour), scene.device.lines.join("\n"));
  });
});

describe("13.14 updateAvailable gets what an application decides by", () => {
  it("and neither the signed URL nor checksums", async () => {
    let given: object = {};
    const options: SceneOptions = {
      before,
      after,
      link: {
        client: {
          updateAvailable: (update) => {
            given = update;
            return "apply";
          },
        },
      },
    };
    const scene = new UpdateScene(options);
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour));
    assert.deepEqual(Object.keys(given).sort(), [
      "architecture",
      "description",
      "manual",
      "platform",
      "product",
      "size",
      "uuid",
      "version",
    ]);
  });
});

describe("13.15 a restart before the first record of progress", () => {
  for (const bytes of [1, 5000, 100_000])
    it(`after ${bytes} bytes goes on without a new offer, so it costs none of the server's three attempts`, async () => {
      const scene = new UpdateScene({ before, after });
      scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: bytes, breakAs: "silence" } : undefined);
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.files.served >= bytes, hour));
      scene.device.powerOff();
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
      assert.equal(scene.hub.offers, 1);
    });
});

describe("13.15 another update while one runs, since the server has lost its record", () => {
  it("is put off in words, collects nothing of the first one's progress, and the first goes on", async () => {
    const scene = new UpdateScene({ before, after });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 150_000 } : undefined);
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.files.served >= 150_000, hour));
    // What is on its way arrives; the connection that broke is made anew after two seconds at least.
    await scene.run(() => false, 1000);
    const told = scene.hub.reports.length;
    scene.hub.push("update", { update_available: true, ...updateMessage(third, third), firmware_url: long(200) });
    const { device } = scene;
    assert.ok(await scene.run(() => device.lines.some((line) => line.includes("is in place and verified")), hour));
    const said = scene.hub.reports.slice(told);
    assert.deepEqual(
      said.filter(({ event }) => event !== "rebooting").map(({ payload }) => payload["status"]),
      ["received", "rescheduled"],
    );
    assert.match(String(said[1]?.payload["reason"]), /The device is updating to 1\.1\.0; this can follow/);
    assert.ok(await scene.run(() => scene.version === "1.1.0", hour));
  });
});
