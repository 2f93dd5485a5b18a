/*
 * What answers at a download URL and is not the file: captive portals, pages of data caps, errors in JSON. Issue 13, items 1,
 * 4, 5 and 8.
 */

import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, crypto, describe, it } from "../../support/harness.js";
import { chipId, image, product, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const before = image("1.0.0", 1, 20_480);
const after = image("1.1.0", 2, 262_144);
const minute = 60_000;
const hour = 60 * minute;

const text = (body: string, ...lines: string[]) => ({
  lines: [...lines, `content-length: ${encodeUtf8(body).byteLength}`],
  body: encodeUtf8(body),
});
const unsized = (body: string, ...lines: string[]) => ({ lines, body: encodeUtf8(body) });
const padded = new Uint8Array(after.byteLength).fill(0x20);
padded.set(encodeUtf8("<!doctype html><p>Please log in"));

type Other = { status?: number; lines?: string[]; body: Uint8Array };

const others: Record<string, Other> = {
  "a page without a type": text("<!doctype html><title>Log in</title>"),
  "a page as text": text("<html>", "content-type: text/plain"),
  "an error in JSON": text('{"error":"quota exceeded"}', "content-type: application/json"),
  "a text in quotation marks": text('"not now"'),
  "a line of text": unsized("\r\ntry again later\r\n"),
  "a page of no announced length": unsized("<html>data cap reached</html>"),
  "an empty body": text(""),
  "an empty body that ends with the connection": unsized(""),
  "204 without a body": { status: 204, body: new Uint8Array(0) },
  "a page of the file's very length": { lines: [`content-length: ${after.byteLength}`], body: padded },
};

/** Words of the device's statuses. */
const words = (scene: UpdateScene): unknown[] =>
  scene.hub.reports.filter(({ event }) => event === "status_update").map(({ payload }) => payload["status"]);

const bare = { size: null, checksum: null, partials_checksums: null };

describe("13.1 something else than the file, with HTTP 200", () => {
  for (const [name, instead] of Object.entries(others))
    for (const [server, message] of [
      ["a server that says size and checksums", {}],
      ["one that says neither", bare],
    ] as const) {
      it(`${name} for three minutes costs no day: ${server}`, async () => {
        const scene = new UpdateScene({ before, after, message });
        let first: number | undefined;
        scene.files.answer = () => {
          first ??= scene.timers.now;
          return scene.timers.now < first + 3 * minute ? { instead } : undefined;
        };
        scene.device.powerOn();
        assert.ok(await scene.run(() => scene.updated, 24 * hour), scene.device.lines.join("\n"));
        assert.ok(!words(scene).includes("failed"), words(scene).join());
      });
    }

  for (const [name, instead] of Object.entries(others))
    it(`${name} in the middle of a download costs no byte of it`, async () => {
      const scene = new UpdateScene({ before, after });
      scene.files.answer = ({ number, from }) => {
        if (number === 1) return { cutAfter: 200_000 };
        // What was downloaded is asked on from, however often something else has answered.
        assert.equal(from, 200_000);
        return number < 4 ? { instead } : undefined;
      };
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
      assert.ok(!words(scene).includes("failed"), words(scene).join());
    });

  it("a portal that never goes away puts the update off, and goes on doing so", async () => {
    const scene = new UpdateScene({ before, after });
    scene.files.answer = () => ({ instead: others["an error in JSON"] as Other });
    scene.device.powerOn();
    await scene.run(() => words(scene).filter((word) => word === "rescheduled").length === 3, 24 * hour);
    assert.deepEqual([...new Set(words(scene))], ["received", "started", "rescheduled"]);
  });
});

describe("13.4 what is final is final", () => {
  const refused = async (options: Partial<SceneOptions>): Promise<UpdateScene> => {
    const scene = new UpdateScene({ before, after, ...options });
    scene.device.powerOn();
    await scene.run(() => scene.hub.blocked, hour);
    assert.equal(words(scene).at(-1), "failed");
    return scene;
  };

  it("a file that the offer says is too large is not asked for", async () => {
    const scene = await refused({ slotSize: 131_072 });
    assert.equal(scene.files.requests, 0);
  });

  it("an image for another chip, of another product, with another uuid is fetched once", async () => {
    for (const file of [
      buildImage({ chipId: 5, projectName: product, version: "1.1.0", size: 20_480, seed: 2 }, crypto),
      buildImage({ chipId, projectName: "toaster", version: "1.1.0", size: 20_480, seed: 2 }, crypto),
      image("1.1.0", 9, 20_480),
    ])
      assert.equal((await refused({ file })).files.requests, 1);
  });

  const revision = (least: number, most: number): Uint8Array => {
    const bytes = after.slice();
    const view = new DataView(bytes.buffer);
    view.setUint16(15, least, true);
    view.setUint16(17, most, true);
    return bytes;
  };
  const onRevision = (chipRevision: number | undefined): Partial<SceneOptions> => ({
    changePlatform: (platform) => ({
      ...platform,
      device: Object.assign(Object.create(platform.device), { chipRevision }),
    }),
  });

  it("an image for other revisions of the chip is refused before anything is erased, as ESP-IDF refuses it at the end", async () => {
    for (const [least, most, chip, says] of [
      [101, 0xffff, 100, /for chips of revision from v1\.1 on, and this one is v1\.0/],
      [0, 99, 100, /for chips of revision up to v0\.99, and this one is v1\.0/],
      [301, 399, 300, /from v3\.1 on/],
    ] as const) {
      const scene = await refused({ file: revision(least, most), ...onRevision(chip) });
      assert.equal(scene.files.requests, 1);
      assert.match(String(scene.hub.reports.at(-1)?.payload["reason"]), says);
    }
  });
});

describe("13.5 a resume that meets another node of a CDN", () => {
  const names = [
    ["another ETag", (n: number) => [`etag: "node-${n}"`]],
    ["a weak ETag, then a strong one", (n: number) => [`etag: ${n % 2 ? "W/" : ""}"one"`]],
    ["a time that is a second off", (n: number) => [`last-modified: Sat, 21 Nov 2026 18:48:5${n} GMT`]],
    [
      "an ETag here and a time there",
      (n: number) => (n % 2 ? ['etag: "a"'] : ["last-modified: Sat, 21 Nov 2026 18:48:52 GMT"]),
    ],
  ] as const;
  for (const [name, lines] of names)
    it(`${name} costs no byte`, async () => {
      const scene = new UpdateScene({ before, after });
      scene.files.etag = undefined;
      scene.files.answer = ({ number }) => ({
        lines: [...lines(number)],
        ...(number < 4 ? { cutAfter: 50_000 } : {}),
      });
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, hour));
      assert.equal(scene.files.served, after.byteLength);
    });

  it("where no checksum is there, another version under the URL still starts over", async () => {
    const scene = new UpdateScene({ before, after, message: bare });
    scene.files.etag = undefined;
    scene.files.answer = ({ number }) =>
      number === 1 ? { lines: ['etag: "old"'], cutAfter: 50_000 } : { lines: ['etag: W/"new"'] };
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour));
    // What the refused answer had under way is counted as well.
    assert.ok(scene.files.served >= after.byteLength + 50_000 && scene.files.served < after.byteLength + 60_000);
  });
});

describe("13.8 Retry-After of a download", () => {
  for (const [asked, seconds] of [
    ["600", 600],
    ["7200.5", 7200],
    ["900, 900", 900],
    ["604800", 86_400],
  ] as const)
    it(`${asked} puts the update off for as long, at most a day, and keeps the connection`, async () => {
      const scene = new UpdateScene({ before, after });
      scene.files.answer = ({ number }) =>
        number === 1 ? { status: 503, headers: [`retry-after: ${asked}\r\n`] } : undefined;
      scene.device.powerOn();
      await scene.run(() => words(scene).includes("rescheduled"), hour);
      const put = scene.hub.reports.find(({ payload }) => payload["status"] === "rescheduled");
      assert.equal(Math.floor(Number(put?.payload["delay_for"]) / 1000), seconds);
      assert.equal(scene.device.link?.connected, true);
      assert.equal(scene.files.requests, 1);
    });
});
