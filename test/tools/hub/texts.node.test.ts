/*
 * The desk hub refuses what the real server's parser and database refuse: Jason half a surrogate pair (the socket dies),
 * PostgreSQL U+0000 (the channel that would store it crashes).
 */

import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, type DeskDevice, newUuid, oldFirmware } from "../../support/hub/desk.js";

describe("texts that the server cannot take: the desk hub", () => {
  let desk: Desk;
  let device: DeskDevice;

  beforeEach(async () => {
    desk = await new Desk({ automaticUpdates: false }).start("app-1.0.0.bin", "app-1.1.0.bin");
    device = await desk.device("d");
  });

  afterEach(() => desk.stop());

  const said = (kind: string) => desk.hub.timeline.entries("d").filter((entry) => entry.kind === kind);

  for (const [name, text] of [
    ["a high half", '"\\ud83d"'],
    ["a low half", '"\\uDE00"'],
    ["two high halves", '"\\ud83d\\ud83d"'],
    ["halves the wrong way round", '"\\ude00\\ud83d"'],
    ["a half behind an escaped backslash", '"\\\\\\ud83d"'],
    ["a half in a name", '{"\\ud83d":1}'],
  ]) {
    it(`ends the socket with 1011 for ${name}`, async () => {
      const closed = new Promise((resolve) => device.socket.once("close", resolve));
      device.socket.send(`[null,"9","device","rebooting",${text}]`);
      assert.equal(await closed, 1011);
      assert.match(said("protocol").at(-1)?.text ?? "", /cannot be decoded/);
    });
  }

  it("takes a whole pair, and the letters of an escape", async () => {
    device.socket.send('[null,"9","device","rebooting",["\\ud83d\\ude00","\\\\ud83d","😀","\\\\\\\\ud83d"]]');
    await device.settled();
    assert.equal(said("rebooting").length, 1);
  });

  it("crashes the channel for U+0000 in a reason, and the update stays on record", async () => {
    desk.hub.operator.push("d", newUuid);
    await device.pushed("update");
    device.send("device", "status_update", { status: "rescheduled", delay_for: 1000, reason: "battery SN42\0" });
    assert.deepEqual(await device.pushed("phx_error"), { reason: "channel_crash" });
    assert.equal(desk.hub.device("d")?.inflight?.firmwareUuid, newUuid);
  });

  it("crashes a join with U+0000 in its metadata", async () => {
    const response = await device.join("device", { ...oldFirmware, esp_idf_ver: "v5\0" });
    assert.deepEqual(response, { reason: "join crashed" });
  });

  for (const [event, payload] of [
    ["health:report", { value: { metrics: {}, metadata: { "a\0": "b" } } }],
    ["alarms:snapshot", { alarms: [{ alarm: "Battery", description: "3.1 V\0" }] }],
    ["error_reports:report", { reports: [{ timestamp: "", kind: "a\0", reason: "" }] }],
  ] as const) {
    it(`crashes the extensions for U+0000 in ${event}`, async () => {
      const [key] = event.split(":");
      await device.join("extensions", { [key]: key === "health" ? "0.0.1" : "0.1.0" });
      device.send("extensions", `${key}:attached`, {});
      device.send("extensions", event, payload as never);
      assert.deepEqual(await device.pushed("phx_error"), { reason: "channel_crash" });
    });
  }

  it("takes U+0000 where nothing is stored in its database: log lines, terminals, answers of scripts", async () => {
    await device.join("console", { console_version: "2.0.0" });
    await device.join("extensions", { logging: "0.0.1", local_shell: "0.0.1" });
    for (const key of ["logging", "local_shell"]) device.send("extensions", `${key}:attached`, {});
    const time = String(desk.timers.now * 1000);
    device.send("extensions", "logging:send", { level: "info", message: "a\0", meta: { time } });
    device.send("extensions", "local_shell:shell_output", { data: "\0" });
    device.send("console", "up", { data: "\0" });
    device.send("device", "scripts/run", { ref: "x", output: "\0", return: "" });
    await device.settled();
    assert.equal(said("crash").length, 0);
  });
});
