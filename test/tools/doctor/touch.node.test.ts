/*
 * Lookers that touch: what the doctor leaves behind on a hub. The desk hub does to a join without firmware what the real
 * server does, so that it would be seen here.
 */

import { fileURLToPath } from "node:url";
import { Examination } from "../../../tools/doctor/examination.js";
import { readOptions } from "../../../tools/doctor/options.js";
import type { JsonObject } from "../../../tools/hub/json.js";
import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, newUuid, oldUuid, productKey } from "../../support/hub/desk.js";

const images = new URL("../../../../test/fixtures/transcripts/fixtures/", import.meta.url);
const running = fileURLToPath(new URL("app-1.0.0.bin", images));
const other = fileURLToPath(new URL("app-1.1.0.bin", images));

describe("doctor and the device's record", () => {
  let desk: Desk;

  /** A device that has failed twice, is blocked, and has an update under way. */
  beforeEach(async () => {
    desk = await new Desk({ automaticUpdates: false }).start("app-1.1.0.bin");
    const device = await desk.device("dev-1");
    await device.settled();
    desk.hub.operator.push("dev-1", newUuid);
    const record = desk.hub.device("dev-1")!;
    record.attempts = [desk.timers.now - 2000, desk.timers.now - 1000];
    record.blockedUntil = desk.timers.now + 86_400_000;
  });
  afterEach(() => desk.stop());

  /** The record without the connection, which is another row. */
  function record(): JsonObject {
    const {
      connection,
      device_api_version,
      interface: _,
      connection_types,
      location,
      ...rest
    } = desk.hub.device("dev-1")!.summary();
    const audits = desk.hub.timeline.entries("dev-1").filter(({ kind }) => kind === "audit");
    return { ...rest, audits: audits.map(({ text }) => text) };
  }

  async function examine(...args: string[]): Promise<string[]> {
    process.env["NERVESHUB_PRODUCT_SECRET"] = productKey.secret;
    const options = readOptions([
      "127.0.0.1",
      ...["--port", String(desk.hub.port), "--no-ssl", "--product-key", productKey.key, "--identifier", "dev-1"],
      ...args,
    ]);
    delete process.env["NERVESHUB_PRODUCT_SECRET"];
    const lines: string[] = [];
    const clock = { now: () => desk.timers.now, monotonic: () => performance.now(), set: () => undefined };
    await new Examination(options!, clock, (line) => lines.push(line)).run();
    return lines;
  }

  it("stops at the login and leaves the record as it was", async () => {
    const before = record();
    assert.equal((before["inflight"] as JsonObject)["firmware_uuid"], newUuid);
    const lines = await examine();
    assert.ok(lines.includes("ok     login: accepted"), lines.join("\n"));
    assert.deepEqual(record(), before);
    assert.ok(!lines.some((line) => line.startsWith("ok     join")));
  });

  it("says before the login what a login does", async () => {
    const lines = await examine();
    const at = lines.findIndex((line) => line.startsWith("ok     login"));
    const warning = lines.findIndex((line) => /takes the place of a connection of "dev-1".*makes a new one/.test(line));
    assert.ok(warning >= 0 && warning < at, lines.join("\n"));
  });

  it("sends nothing but its login and its goodbye", async () => {
    const { timeline } = desk.hub;
    const from = timeline.entries().at(-1)!.number;
    await examine();
    const kinds = timeline.entries(undefined, from).map(({ kind }) => kind);
    assert.deepEqual(
      kinds.filter((kind) => !["refused", "takeover", "connected", "disconnected"].includes(kind)),
      [],
    );
  });

  it("joins with what the device would say, behind a warning, and the failures stay known", async () => {
    const before = record();
    const lines = await examine("--join", "--image", running);
    const warning = lines.findIndex((line) => /^note {3}join: CHANGES the device's record: .*1\.0\.0/.test(line));
    assert.ok(warning >= 0 && warning < lines.indexOf("ok     join: accepted"), lines.join("\n"));
    // The update was under way, which only the device could have said.
    assert.deepEqual(record(), { ...before, inflight: null, validation: "validated" });
  });

  it("changes what the server thinks runs when the image is another, as it said", async () => {
    await examine("--join", "--image", other);
    const after = record();
    assert.equal((after["firmware"] as JsonObject)["uuid"], newUuid);
    assert.deepEqual([after["update_attempts"], after["updates_blocked_until"]], [0, null]);
  });

  it("a join that says no firmware does to the hub's record what it does to the real one", async () => {
    const before = record();
    const device = await desk.device("dev-1", { device_api_version: "2.4.0" });
    await device.settled();
    const after = record();
    assert.deepEqual(after, {
      ...before,
      inflight: null,
      update_attempts: 0,
      updates_blocked_until: null,
      update_statistics: (before["update_statistics"] as number) + 1,
      audits: [...(before["audits"] as string[]), `firmware set to version 1.0.0 (${oldUuid})`],
    });
    await (await desk.device("dev-1", { device_api_version: "2.4.0" })).settled();
    assert.equal(record()["update_statistics"], (before["update_statistics"] as number) + 2, "at every such join");
  });
});

describe("doctor: a join is asked for in full", () => {
  const refuses = (args: string[], sentence: RegExp): void => {
    process.env["NERVESHUB_PRODUCT_SECRET"] = "secret";
    try {
      assert.throws(
        () => readOptions(["hub.example", "--product-key", "nhp_x", ...args]),
        ({ message }) => sentence.test(message),
      );
    } finally {
      delete process.env["NERVESHUB_PRODUCT_SECRET"];
    }
  };

  it("with the image, which is one", () => {
    refuses(["--join"], /^--join wants --image FILE, the image that the device runs: .*forget/);
    refuses(["--join", "--image", fileURLToPath(import.meta.url)], /^--image .*Not an ESP-IDF image/);
  });

  it("and by its name", () => {
    refuses(["--image", running], /^--image says what to join with: it goes with --join/);
    refuses(["--join", "--image", running, "--no-login"], /leave --no-login out/);
  });
});
