/*
 * What the hub makes of extension messages: the limits that the server has and never mentions to a device, in virtual
 * time. What the wire looks like is in replay.node.test.ts.
 */

import { Device } from "../../../tools/hub/device.js";
import { makeExtension, servingVersion } from "../../../tools/hub/extensions/catalog.js";
import type { ServerExtension } from "../../../tools/hub/extensions/extension.js";
import { healthStatus } from "../../../tools/hub/extensions/health.js";
import { logLine } from "../../../tools/hub/extensions/logging.js";
import type { Json, JsonObject } from "../../../tools/hub/json.js";
import { assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, oldFirmware, startMs } from "../../support/hub/desk.js";
import { recording } from "../../support/hub/recording.js";
import { ManualTimers } from "../../support/manual-timers.js";

describe("desk hub, extensions", () => {
  let timers: ManualTimers;
  let pushed: string[];
  let kept: JsonObject;

  beforeEach(() => {
    timers = new ManualTimers();
    timers.now = startMs;
    pushed = [];
    kept = {};
  });

  function extension(name: string, version: string): ServerExtension {
    const made = makeExtension(name, {
      device: new Device("d", true),
      clock: { now: () => timers.now },
      timers,
      healthIntervalMs: 3_600_000,
      geoIntervalMs: 0,
      version,
      push: (event) => pushed.push(event),
      refresh: (other) => pushed.push(`${other}:check`),
      say: () => {},
      keep: (report) => {
        kept = report as JsonObject;
      },
    })!;
    made.attached();
    return made;
  }

  const iso = (ms: number) => new Date(ms).toISOString();
  const line = (message: string): JsonObject => ({ level: "info", message, meta: { time: String(timers.now * 1000) } });

  it("take the log lines that the server's own check takes, and no others", () => {
    const records = recording("extensions-logging-rules").filter((record) => record["line"] !== undefined);
    assert.ok(records.length > 20);
    for (const { line, value } of records) {
      const taken = logLine(line as Json) !== undefined;
      assert.equal(taken, (value as string).startsWith("{true"), JSON.stringify(line));
    }
  });

  it("logging lets ten messages through at once and five a second, and counts the rest", () => {
    const logging = extension("logging", "0.0.1");
    for (let i = 0; i < 30; i++) logging.receive("send", line(`line ${i}`));
    assert.equal((kept["lines"] as Json[]).length, 10);
    timers.advance(1000);
    for (let i = 0; i < 30; i++) logging.receive("send", line(`later ${i}`));
    assert.equal((kept["lines"] as Json[]).length, 15);
    assert.equal((kept["dropped"] as JsonObject)["messages"], 45);
  });

  it("logging 0.1.0 charges a message, not a line, and takes a hundred of them", () => {
    const logging = extension("logging", "0.1.0");
    const lines = Array.from({ length: 130 }, (_, i) => line(`line ${i}`));
    logging.receive("send", { lines });
    assert.equal((kept["lines"] as Json[]).length, 100);
    assert.equal((kept["dropped"] as JsonObject)["lines"], 30);
    for (let i = 0; i < 9; i++) logging.receive("send", { lines: [line("more")] });
    assert.equal((kept["lines"] as Json[]).length, 109);
  });

  it("metrics keep twenty names in order, and no reading more than a day off", () => {
    const metrics = extension("metrics", "0.1.0");
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`m${String(29 - i).padStart(2, "0")}`, i]));
    const report = (at: number, values: JsonObject) => ({ timestamp: iso(at), metrics: values });
    metrics.receive("report", {
      reports: [
        report(startMs, many),
        report(startMs - 25 * 3_600_000, { a: 1 }),
        { metrics: { b: 1 } },
        report(startMs, { ["x".repeat(65)]: 1, text: "1" }),
      ],
    });
    const readings = kept["readings"] as { metrics: object }[];
    assert.equal(readings.length, 2);
    assert.deepEqual(Object.keys(readings[0].metrics)[19], "m19");
    assert.deepEqual(readings[1].metrics, {});
    assert.deepEqual(pushed, ["check"]);
  });

  it("metrics are asked for every 15 minutes", () => {
    extension("metrics", "0.1.0");
    timers.advance(30 * 60_000);
    assert.deepEqual(pushed, ["check", "check", "check"]);
  });

  it("alarms ask for the whole set on attach, and once more 10 s after a flood", () => {
    const alarms = extension("alarms", "0.1.0");
    for (let i = 0; i < 15; i++) alarms.receive("raised", { alarm: `a${i}` });
    assert.equal(Object.keys(kept["raised"] as object).length, 10);
    assert.deepEqual(pushed, ["sync"]);
    timers.advance(10_000);
    assert.deepEqual(pushed, ["sync", "sync"]);
    alarms.receive("snapshot", { alarms: [{ alarm: "only" }] });
    assert.deepEqual(Object.keys(kept["raised"] as object), ["only"]);
    timers.advance(60_000);
    assert.deepEqual(pushed, ["sync", "sync"]);
  });

  it("alarms believe a time within 72 hours back and one ahead", () => {
    const alarms = extension("alarms", "0.1.0");
    const good = iso(startMs - 72 * 3_600_000);
    alarms.receive("raised", { alarm: "good", raised_at: good });
    alarms.receive("raised", { alarm: "old", raised_at: iso(startMs - 73 * 3_600_000) });
    alarms.receive("raised", { alarm: "ahead", raised_at: iso(startMs + 61 * 60_000) });
    const at = (name: string) => (kept["raised"] as { [alarm: string]: JsonObject })[name]["raised_at"];
    assert.deepEqual([at("good"), at("old"), at("ahead")], [good, iso(startMs), iso(startMs)]);
  });

  it("alarms refuse a snapshot with one malformed entry whole", () => {
    const alarms = extension("alarms", "0.1.0");
    alarms.receive("raised", { alarm: "kept" });
    alarms.receive("snapshot", { alarms: [{ alarm: "other" }, { name: "x" }] });
    assert.deepEqual(Object.keys(kept["raised"] as object), ["kept"]);
  });

  it("error reports are cut to what the server stores", () => {
    const errors = extension("error_reports", "0.1.0");
    const context = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, "v".repeat(600)]));
    const report = {
      timestamp: iso(startMs),
      kind: "Error",
      reason: "r".repeat(3000),
      context,
      frames: Array(40).fill({}),
    };
    errors.receive("report", { reports: [report, { kind: "no reason" }] });
    const [stored] = kept["reports"] as JsonObject[];
    assert.equal((stored["reason"] as string).length, 2048);
    assert.equal((stored["frames"] as Json[]).length, 30);
    assert.equal(Object.keys(stored["context"] as object).length, 32);
    assert.equal((kept["dropped"] as JsonObject)["reports"], 1);
  });

  it("a component's result makes the hub ask for fresh metrics and health", () => {
    extension("components", "0.0.1").receive("action:result", { ref: "r", status: "ok", output: "x".repeat(9000) });
    assert.deepEqual(pushed, ["request", "metrics:check", "health:check"]);
  });

  it("health is rated by the worst of its metrics, text and null above every number", () => {
    assert.equal(healthStatus({ cpu_temp: 90 }), "unknown");
    assert.equal(healthStatus({ mem_used_percent: 63, cpu_usage_percent: 12 }), "healthy");
    assert.equal(healthStatus({ mem_used_percent: 75 }), "warning");
    assert.equal(healthStatus({ mem_used_percent: "63" }), "unhealthy");
  });

  it("a version is served by the offered one of the same major and minor, as Elixir's ~> says", () => {
    const offered = ["0.1.0", "0.0.1"];
    const declared = ["0.1.0", "0.0.1", "0.0.5", "0.2.0", "0.0.0", "1.0.0", "abc"];
    const served = declared.map((version) => servingVersion(offered, version));
    assert.deepEqual(served, ["0.1.0", "0.0.1", "0.0.1", undefined, undefined, undefined, undefined]);
  });

  it("are advertised with their versions, grant what is offered, and send what the operator asks", async () => {
    const desk = await new Desk().start();
    const device = await desk.device("d", oldFirmware);
    const advertised = (await device.pushed("extensions:get"))["extensions"] as { [name: string]: string[] };
    assert.deepEqual(advertised["logging"], ["0.1.0", "0.0.1"]);
    const wanted = { logging: "0.1.0", components: "0.0.1", metrics: "9.0.0", nosuch: "0.0.1" };
    assert.deepEqual(await device.join("extensions", wanted), ["components", "logging"]);
    device.send("extensions", "components:attached", {});
    await device.pushed("components:request");
    desk.hub.operator.componentAction("d", "pump", "prime");
    const { component, action } = await device.pushed("components:action:run");
    assert.deepEqual([component, action], ["pump", "prime"]);
    desk.hub.operator.switchExtension("d", "logging", false);
    assert.deepEqual(await device.pushed("detach"), { extensions: ["logging"] });
    await desk.stop();
  });
});
