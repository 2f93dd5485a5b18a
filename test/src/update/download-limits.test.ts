/*
 * Download servers that are wrong again and again: every download ends, in bounded time and bytes, and what can pass by
 * itself ends as rescheduled.
 */

import { openPartition } from "../../../hosts/flash-model/partition-table.js";
import { sealImage } from "../../../hosts/flash-model/seal-image.js";
import type { Answer } from "../../support/file-server.js";
import { assert, crypto, describe, fixture, it } from "../../support/harness.js";
import { image, type SceneOptions, sha256, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 4096);
const after = image("1.1.0", 2, 6144);
/** One part and a piece of the next. */
const large = image("1.1.0", 3, 1048576 + 65536);

const words = ["failed", "rescheduled", "ignored"];

/** Runs until an update has ended; requests are bounded, so that a loop fails the test and does not hang it. */
async function ending(scene: UpdateScene, limitMs = 2 * hour): Promise<{ status: unknown; reason: unknown }> {
  const last = () => scene.hub.reports.find(({ payload }) => words.includes(String(payload["status"])));
  scene.device.powerOn();
  await scene.run(() => last() !== undefined || scene.files.requests > 200 || scene.updated, limitMs);
  const { status, reason } = last()?.payload ?? {};
  return { status, reason };
}

function sceneOf(answer: UpdateScene["files"]["answer"], more?: Partial<SceneOptions>): UpdateScene {
  const scene = new UpdateScene({ before, after, ...more });
  scene.files.answer = answer;
  return scene;
}

function tail(scene: UpdateScene): string {
  return scene.device.lines.slice(-25).join("\n");
}

describe("update: downloads that never get anywhere", () => {
  const hopeless: [string, () => Answer][] = [
    ["answers 206 with another range, and breaks off", () => ({ wrongRange: true, cutAfter: 4500 })],
    ["answers 206 without a range, and breaks off", () => ({ noRange: true, cutAfter: 4500 })],
    ["ignores ranges, and breaks off", () => ({ ignoreRange: true, cutAfter: 4500 })],
    ["answers 206 without a range to everything", () => ({ status: 206 })],
    ["answers 416 to everything", () => ({ status: 416 })],
    ["is a network's login page", () => ({ ignoreRange: true, lines: ["content-type: text/html; charset=utf-8"] })],
    ["compresses", () => ({ lines: ["content-encoding: gzip"] })],
    ["redirects in a circle", () => ({ status: 302, headers: ["location: http://files.test:4001/firmware.bin\r\n"] })],
    ["redirects to a host that is not there", () => ({ status: 302, headers: ["location: http://gone.test:9/\r\n"] })],
  ];
  for (const [name, answer] of hopeless) {
    it(`a server that ${name} ends as rescheduled`, async () => {
      const scene = sceneOf(answer);
      assert.equal((await ending(scene)).status, "rescheduled", tail(scene));
      assert.ok(scene.files.requests <= 70, `${scene.files.requests} requests`);
      assert.equal(scene.version, "1.0.0");
    });
  }

  it("a download URL whose host does not answer ends as rescheduled", async () => {
    const scene = new UpdateScene({ before, after });
    scene.hub.blocked = true;
    scene.device.powerOn();
    await scene.run(() => scene.hub.joins.length > 0, minute);
    scene.hub.inFlight = true;
    scene.hub.push("update", {
      update_available: true,
      firmware_url: "http://gone.test:9/x",
      firmware_meta: { uuid: "00000000-0000-0000-0000-000000000000", version: "9.9.9" },
      deployment_id: 1,
    });
    await scene.run(() => scene.hub.reports.some(({ payload }) => payload["status"] === "rescheduled"), hour);
    assert.deepEqual(
      scene.hub.reports.filter(({ event }) => event === "status_update").map(({ payload }) => payload["status"]),
      ["received", "started", "rescheduled"],
      tail(scene),
    );
  });

  it("Retry-After beyond patience ends as rescheduled, at once", async () => {
    const scene = sceneOf(() => ({ status: 503, headers: ["retry-after: 86400\r\n"] }));
    assert.equal((await ending(scene, 2 * minute)).status, "rescheduled", tail(scene));
    assert.equal(scene.files.requests, 1);
  });

  it("fifteen updates that fail are put off for longer and longer, and leave nothing behind", async () => {
    const scene = sceneOf(() => ({ status: 404 }), { link: { heartbeat: { intervalMs: 120000 } } });
    const delays: number[] = [];
    let seen: unknown;
    scene.device.powerOn();
    await scene.run(() => {
      const said = scene.hub.reports.filter(({ payload }) => payload["status"] === "rescheduled").pop();
      if (said !== undefined && said !== seen) {
        seen = said;
        delays.push(Number(said.payload["delay_for"]));
      }
      return delays.length === 15;
    }, 2000 * hour);
    assert.equal(delays.length, 15);
    assert.equal(delays[0], 2 * minute);
    for (let i = 1; i < delays.length; i++) assert.ok(delays[i] >= delays[i - 1] && delays[i] <= 6 * hour);
    assert.ok(scene.timers.count < 12, `${scene.timers.count} timers`);
    assert.deepEqual(scene.hub.crashes, []);
  });
});

describe("update: parts again", () => {
  it("a server that sends more of a range than was asked for mends a part all the same", async () => {
    const scene = sceneOf(({ number }) => (number === 1 ? undefined : { openEnd: true }), { after: large });
    damageInFlash(scene, 5000);
    await ending(scene);
    assert.ok(scene.updated, tail(scene));
  });

  for (const at of [5000, 1048576 + 5000]) {
    it(`a byte that changes in flash at ${at} costs its part again, and no more`, async () => {
      const scene = sceneOf(() => undefined, { after: large });
      damageInFlash(scene, at);
      await ending(scene);
      assert.ok(scene.updated, tail(scene));
      const part = at < 1048576 ? 1048576 : 65536;
      assert.equal(scene.files.served, large.byteLength + part);
    });
  }

  it("without part checksums the whole is downloaded once more before it is given up", async () => {
    const scene = sceneOf(() => undefined, { message: { partials_checksums: null } });
    damageInFlash(scene, 5000);
    await ending(scene);
    assert.ok(scene.updated, tail(scene));
    assert.equal(scene.files.served, 2 * after.byteLength);
  });

  it("a delta that went on over another running image is applied once more from its first byte", async () => {
    const source = image("1.0.0", 1, 294912);
    const other = source.slice();
    other[60_000] ^= 1;
    sealImage(other, crypto);
    const target = image("1.1.0", 1, 303104);
    const file = fixture("delta/update-1.0.0-1.1.0.patch");
    const scene = new UpdateScene({ before: other, after: target, file });
    const { flash, table, files } = scene;
    // The cut comes after a record of progress; the uploaded image is then flashed by cable over the other one.
    files.answer = ({ number }) =>
      number === 1 ? { cutAfter: Math.floor(file.byteLength * 0.9), breakAs: "silence" } : undefined;
    scene.device.powerOn();
    await scene.run(() => false, 20000);
    assert.ok(scene.files.served > 0.8 * file.byteLength);
    scene.device.powerOff();
    const slot = openPartition(flash, table.slots[0]);
    slot.erase(0, table.slots[0].size);
    slot.write(0, source);
    scene.device.powerOn();
    await scene.run(() => scene.updated || scene.hub.blocked, hour);
    assert.ok(scene.updated, tail(scene));
    const running = new Uint8Array(target.byteLength);
    scene.device.platform?.slots.running.read(0, running);
    assert.equal(sha256(running), sha256(target));
  });
});

/** Flips a bit in the inactive slot once the download is complete. */
function damageInFlash(scene: UpdateScene, at: number): void {
  const { flash, table, hub } = scene;
  let done = false;
  const original = scene.run.bind(scene);
  scene.run = (until, limitMs) =>
    original(() => {
      const complete = hub.reports.some(({ payload }) => payload["stage"] === "updating");
      if (complete && !done) {
        done = true;
        flash.bytes[table.slots[1].offset + at] ^= 1;
      }
      return until();
    }, limitMs);
}
