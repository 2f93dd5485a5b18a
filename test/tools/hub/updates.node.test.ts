/*
 * Who is offered which image: order of versions, product and chip, patches, and updates that a device manages itself.
 * What the recordings show of all this is in replay.node.test.ts.
 */

import type { JsonObject } from "../../../tools/hub/json.js";
import { afterEach, assert, describe, fixture, it } from "../../support/harness.js";
import { Desk, type DeskDevice, newUuid, oldFirmware, oldUuid } from "../../support/hub/desk.js";

const image = Buffer.from(fixture("transcripts/fixtures/app-1.1.0.bin"));
const patch = fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch");

/** app-1.1.0 with another version, ELF hash, chip or product. */
function variant(version: string, hash: number, changes: { chip?: number; product?: string } = {}): Buffer {
  const copy = Buffer.from(image);
  copy.fill(0, 48, 80).write(version, 48);
  copy.fill(hash, 176, 208);
  if (changes.product !== undefined) copy.fill(0, 80, 112).write(changes.product, 80);
  copy.writeUInt16LE(changes.chip ?? 9, 12);
  return copy;
}

function versionOf(update: JsonObject): unknown {
  return (update["firmware_meta"] as JsonObject)["version"];
}

describe("desk hub, updates", () => {
  let desk: Desk;

  afterEach(() => desk.stop());

  async function nothingComes(device: DeskDevice): Promise<void> {
    desk.timers.advance(150_000);
    await device.settled();
    assert.ok(!device.left().includes("update"), "no update");
  }

  it("offer the newest image by SemVer, not by name or text", async () => {
    desk = await new Desk().start();
    for (const [version, hash] of [
      ["1.9.0", 1],
      ["1.10.0", 2],
      ["1.10.0-rc.1", 3],
    ] as const) {
      desk.hub.addImage(variant(version, hash), `${version}.bin`);
    }
    const device = await desk.device("d");
    desk.timers.advance(1000);
    assert.equal(versionOf(await device.pushed("update")), "1.10.0");
  });

  it("offer nothing older and nothing of the same version", async () => {
    desk = await new Desk().start();
    desk.hub.addImage(variant("1.0.0", 1), "same.bin");
    desk.hub.addImage(variant("0.9.0", 2), "older.bin");
    await nothingComes(await desk.device("d"));
  });

  it("offer nothing for another chip", async () => {
    desk = await new Desk().start();
    desk.hub.addImage(variant("2.0.0", 1, { chip: 0 }), "esp32.bin");
    await nothingComes(await desk.device("d"));
  });

  it("take no image of another product, and say so", async () => {
    desk = await new Desk().start();
    const refusal = desk.hub.addImage(variant("2.0.0", 1, { product: "other" }), "other.bin");
    assert.match(String(refusal), /project name "other" is not the product's name "nh-demo"/);
  });

  it("offer nothing to a device of another product, by the group or by hand, and say why", async () => {
    desk = await new Desk().start("app-1.1.0.bin");
    const device = await desk.device("d", { ...oldFirmware, esp_idf_project_name: "doorbell" });
    await nothingComes(device);
    const reason = 'its product is "doorbell", and this hub\'s is "nh-demo"';
    assert.equal(desk.hub.orchestrator.holdBack(desk.hub.device("d")!), reason);
    assert.throws(
      () => desk.hub.operator.push("d", "1.1.0"),
      ({ message }) => message === reason,
    );
    device.send("device", "check_update", {});
    assert.equal((await device.pushed("update_available"))["available"], false);
    device.send("device", "request_update", {});
    assert.equal((await device.pushed("update_rejected"))["reason"], "not_eligible");
    await nothingComes(device);
    assert.throws(
      () => desk.hub.operator.archive("d", new Uint8Array(9), {}),
      ({ message }) => message.includes("its product is another"),
    );
  });

  it("reach a device that is online when the image is dropped in", async () => {
    desk = await new Desk().start();
    const device = await desk.device("d");
    desk.timers.advance(60_000);
    desk.hub.addImage(image, "new.bin");
    desk.timers.advance(1000);
    assert.equal(versionOf(await device.pushed("update")), "1.1.0");
  });

  it("describe the file by parts of 1 MiB", async () => {
    desk = await new Desk().start();
    desk.hub.addImage(Buffer.concat([variant("3.0.0", 1), Buffer.alloc(2 * 1_048_576)]), "large.bin");
    const device = await desk.device("d");
    desk.timers.advance(1000);
    const update = await device.pushed("update");
    assert.equal(update["size"], 8528 + 2 * 1_048_576);
    assert.equal((update["partials_checksums"] as string[]).length, 3);
  });

  it("are patches where one is known, with the patch's size and checksum", async () => {
    desk = await new Desk({ deltas: "auto" }).start("app-1.0.0.bin", "app-1.1.0.bin");
    desk.hub.deltas.add(oldUuid, newUuid, patch);
    const device = await desk.device("d");
    desk.timers.advance(1000);
    const update = await device.pushed("update");
    assert.equal(update["size"], patch.length);
    const body = Buffer.from(await (await fetch(update["firmware_url"] as string)).arrayBuffer());
    assert.ok(body.equals(Buffer.from(patch)));
    assert.equal((update["firmware_meta"] as JsonObject)["uuid"], newUuid);
  });

  it("are whole images where detools is not installed, and the timeline says so", async () => {
    desk = await new Desk({ deltas: "auto", detools: ["no-such-program"] }).start("app-1.0.0.bin", "app-1.1.0.bin");
    const device = await desk.device("d");
    desk.timers.advance(1000);
    assert.equal((await device.pushed("update"))["size"], image.length);
    assert.ok(desk.hub.timeline.entries().some(({ text }) => text.includes("detools is not installed")));
  });

  describe("managed by the device", () => {
    it("tell the mode at the join, from API 2.4.0 on", async () => {
      desk = await new Desk().start();
      const device = await desk.device("d");
      assert.deepEqual(await device.pushed("update_mode"), { mode: "automatic", managed_updates_allowed: true });
      const older = await desk.device("older", { ...oldFirmware, device_api_version: "2.3.0" });
      await older.settled();
      assert.deepEqual(older.left(), ["extensions:get"]);
    });

    it("push nothing to a device that manages itself, and all to one that asks", async () => {
      desk = await new Desk().start();
      const device = await desk.device("d");
      await device.pushed("update_mode");
      device.send("device", "set_update_mode", { mode: "device_managed" });
      assert.equal((await device.pushed("update_mode"))["mode"], "device_managed");
      desk.hub.addImage(image, "new.bin");
      await nothingComes(device);
      device.send("device", "check_update", {});
      const available = await device.pushed("update_available");
      assert.equal(available["available"], true);
      assert.ok(!JSON.stringify(available).includes("http"), "no URL in it");
      device.send("device", "request_update", {});
      assert.equal(versionOf(await device.pushed("update")), "1.1.0");
    });

    it("refuse the mode without the grant, and answer with the one in force", async () => {
      desk = await new Desk({ managedUpdatesAllowed: false }).start();
      const device = await desk.device("d");
      await device.pushed("update_mode");
      device.send("device", "set_update_mode", { mode: "device_managed" });
      const inForce = { mode: "automatic", managed_updates_allowed: false };
      assert.deepEqual(await device.pushed("update_mode"), { ...inForce, error: "not_permitted" });
      device.send("device", "set_update_mode", { mode: "sometimes" });
      assert.deepEqual(await device.pushed("update_mode"), { ...inForce, error: "unknown_mode" });
    });

    it("13.12 crash the channel of a device that asks for an update beside one", async () => {
      desk = await new Desk().start("app-1.1.0.bin");
      const device = await desk.device("d");
      desk.timers.advance(1000);
      await device.pushed("update");
      device.send("device", "request_update", {});
      await device.settled();
      assert.ok(desk.hub.timeline.entries("d").some(({ kind, text }) => kind === "crash" && /in flight/.test(text)));
    });

    it("let no device into or out of off", async () => {
      desk = await new Desk().start("app-1.1.0.bin");
      const device = await desk.device("d");
      await device.pushed("update_mode");
      device.send("device", "set_update_mode", { mode: "off" });
      assert.equal((await device.pushed("update_mode"))["mode"], "automatic");
      desk.hub.operator.setUpdateMode("d", "off");
      assert.equal((await device.pushed("update_mode"))["mode"], "off");
      device.send("device", "set_update_mode", { mode: "automatic" });
      assert.equal((await device.pushed("update_mode"))["mode"], "off");
      device.send("device", "request_update", {});
      assert.deepEqual(await device.pushed("update_rejected"), { reason: "updates_disabled" });
    });

    it("refuse in minutes when every slot is taken", async () => {
      desk = await new Desk({ concurrentUpdates: 1 }).start("app-1.1.0.bin");
      const first = await desk.device("first");
      desk.timers.advance(1000);
      await first.pushed("update");
      const second = await desk.device("second");
      second.send("device", "request_update", {});
      assert.deepEqual(await second.pushed("update_rejected"), { reason: "busy", delay_for: 5 });
    });

    it("are pushed by hand in every mode, which leaves device_managed alone", async () => {
      desk = await new Desk().start("app-1.1.0.bin");
      const device = await desk.device("d");
      device.send("device", "set_update_mode", { mode: "device_managed" });
      await device.settled();
      desk.hub.operator.push("d", "1.1.0");
      assert.equal((await device.pushed("update"))["deployment_id"], null);
      assert.equal(desk.hub.device("d")?.updateMode, "device_managed");
    });
  });
});
