/*
 * The desk hub with the real detools: it makes the patch that the real server would send, beside its work, and sends it
 * once it is there.
 */

import { after, assert, before, describe, fixture, it } from "../support/harness.js";
import { Desk, oldUuid } from "../support/hub/desk.js";
import { type Detools, findDetools } from "./detools.js";

describe("desk hub, patches by the real detools", () => {
  let detools: Detools | undefined;
  let desk: Desk;

  before(async function () {
    detools = findDetools();
    if (detools === undefined) return void this.skip();
    const options = { deltas: "auto", detools: detools.command } as const;
    desk = await new Desk(options).start("app-1.0.0.bin", "app-1.1.0.bin");
  });

  after(async () => {
    await desk?.stop();
    detools?.close();
  });

  it("a device waits while its patch is made, and is then sent it", async () => {
    const device = await desk.device("d");
    const made = new Promise((resolve) => desk.hub.onEvent((entry) => entry.kind === "patch" && resolve(entry.text)));
    desk.timers.advance(1000);
    assert.equal(desk.hub.orchestrator.holdBack(desk.hub.device("d")!), "its patch is being made");
    assert.match(String(await made), /patch 1\.0\.0 to 1\.1\.0: \d+ bytes instead of 8528/);
    desk.timers.advance(1000);
    const update = await device.pushed("update");
    assert.match(update["firmware_url"] as string, new RegExp(`/${oldUuid}/[0-9a-f-]+\\.delta\\.fw\\?`));
    const patch = Buffer.from(await (await fetch(update["firmware_url"] as string)).arrayBuffer());
    const recorded = fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch");
    assert.deepEqual([...patch.subarray(0, 6)], [...recorded.subarray(0, 6)]);
    assert.equal(update["size"], patch.length);
  });
});
