/*
 * What the desk hub keeps of a device that never stops: the last of it, within bounds.
 */

import { Device } from "../../../tools/hub/device.js";
import { DownloadFaults, faultOf } from "../../../tools/hub/download-faults.js";
import type { Json, JsonObject } from "../../../tools/hub/json.js";
import { sizeOf } from "../../../tools/hub/json.js";
import {
  maxAttempts,
  maxEntries,
  maxFaults,
  maxReportBytes,
  maxTerminalCharacters,
  maxTerminalLines,
  maxTimelineBytes,
} from "../../../tools/hub/limits.js";
import { allExtensions } from "../../../tools/hub/options.js";
import { Scrollback } from "../../../tools/hub/scrollback.js";
import { Timeline } from "../../../tools/hub/timeline.js";
import { afterEach, assert, describe, it } from "../../support/harness.js";
import { Desk, oldFirmware } from "../../support/hub/desk.js";

const large = "x".repeat(1_000_000);

describe("desk hub, growth: a terminal", () => {
  it("without line feeds keeps the end of its one line", () => {
    const kept = new Scrollback();
    for (let i = 0; i < 3000; i++) kept.add(`${i} `.padEnd(1000, "."));
    assert.equal(kept.text.length, maxTerminalCharacters);
    assert.ok(kept.text.endsWith("2999 ".padEnd(1000, ".")));
  });

  it("begins with a whole character, wherever it is cut", () => {
    const kept = new Scrollback();
    kept.add(`${"😀".repeat(maxTerminalCharacters / 2)}a`);
    assert.ok(!/^[\udc00-\udfff]/.test(kept.text));
    for (let i = 0; i < maxTerminalCharacters; i++) kept.add("😀");
    assert.ok(!/^[\udc00-\udfff]/.test(kept.text));
  });

  it("with line feeds keeps the last lines, and long lines fewer", () => {
    const kept = new Scrollback();
    for (let i = 0; i < 5000; i++) kept.add(`${i}\n`);
    const lines = kept.text.split("\n");
    assert.deepEqual([lines.length, lines[0], lines.at(-2)], [maxTerminalLines, "3977", "4999"]);
    for (let i = 0; i < 5000; i++) kept.add(`${"y".repeat(1000)}\n`);
    assert.ok(kept.text.length <= maxTerminalCharacters);
  });

  it("takes a million line feeds at once", () => {
    const kept = new Scrollback();
    kept.add(`before${"\n".repeat(1_000_000)}after`);
    assert.ok(kept.text.endsWith("\nafter") && !kept.text.includes("before"));
    assert.ok(kept.text.split("\n").length <= maxTerminalLines);
    kept.add(" and on");
    assert.ok(kept.text.endsWith("\nafter and on"));
  });
});

describe("desk hub, growth: the timeline", () => {
  const timeline = () => new Timeline({ now: () => 0 });

  it("cuts a text and leaves large data out", () => {
    const one = timeline();
    one.add("d", "kind", large, { large });
    const [{ text, data }] = one.entries();
    assert.ok(text.length < 5000);
    assert.equal(data, "too large to be kept");
  });

  it("stays below its bound on bytes and on entries, and the last stay", () => {
    const one = timeline();
    const data = "x".repeat(16_000);
    for (let i = 0; i < 10_000; i++) one.add("d", "kind", `entry ${i}`, data);
    const kept = one.entries();
    assert.ok(kept.reduce((sum, entry) => sum + String(entry.data).length, 0) <= maxTimelineBytes);
    assert.ok(kept.length > 1000);
    assert.equal(kept.at(-1)?.text, "entry 9999");
    for (let i = 0; i < maxEntries + 100; i++) one.add("d", "kind", "short");
    assert.ok(one.entries().length <= maxEntries);
  });
});

describe("desk hub, growth: a device", () => {
  let desk: Desk;
  afterEach(() => desk?.stop());

  const versions = Object.fromEntries([...allExtensions].map(([key, [newest]]) => [key, newest]));
  const now = "2026-11-21T20:00:00Z";
  const floods: readonly (readonly [event: string, payload: JsonObject])[] = [
    ["health:report", { value: { metrics: { large } } }],
    ["geo:location:update", { latitude: 1, large }],
    ["logging:send", { lines: Array(100).fill({ level: "info", message: large.slice(0, 50_000), timestamp: now }) }],
    [
      "metrics:report",
      { reports: Array(60).fill({ timestamp: now, metrics: { one: 1 }, large: large.slice(0, 9000) }) },
    ],
    ["alarms:snapshot", { alarms: Array.from({ length: 20_000 }, (_, i): Json => ({ alarm: `alarm ${i}` })) }],
    ["alarms:raised", { alarm: "one", description: large }],
    ["error_reports:report", { reports: [{ timestamp: now, kind: "k", reason: "r", other: large }] }],
    ["local_shell:shell_output", { data: large }],
    ["network_identity:report", { identities: [{ service: "iroh", identifier: "i", other: large }] }],
    ["components:report", { assemblies: [large] }],
  ];

  it("that reports without end has a summary within bounds", async () => {
    desk = await new Desk().start();
    const device = await desk.device("d");
    await device.join("extensions", versions);
    for (const name of Object.keys(versions)) device.send("extensions", `${name}:attached`, {});
    for (const [event, payload] of floods) device.send("extensions", event, payload);
    for (let i = 0; i < 300; i++)
      device.send("extensions", "network_identity:report", {
        identities: [{ service: "iroh", identifier: "i", instance: `n${i}`, details: { text: "y".repeat(4000) } }],
      });
    device.send("device", "connection_types", { values: [large] });
    await device.settled();
    const summary = desk.hub.device("d")!.summary();
    const reports = summary["reports"] as JsonObject;
    for (const [name, report] of Object.entries(reports))
      assert.ok(JSON.stringify(report).length <= 2 * maxReportBytes, name);
    assert.ok(Object.keys(reports).length >= 7);
    assert.equal(String((reports["local_shell"] as JsonObject)["output"]).length, maxTerminalCharacters);
    assert.equal(summary["connection_types"], null);
    assert.ok(!desk.hub.timeline.entries().some(({ kind }) => kind === "defect"));
  });

  it("that joins with names of a megabyte keeps the firmware on record", async () => {
    desk = await new Desk().start();
    const device = await desk.device("d");
    await device.join("device", { ...oldFirmware, esp_idf_project_name: large });
    assert.equal(desk.hub.device("d")?.firmware?.product, "nh-demo");
  });

  it("remembers its last attempts", () => {
    const device = new Device("d", true);
    for (let i = 0; i < 10 * maxAttempts; i++) device.attempted(i);
    assert.deepEqual([device.attempts.length, device.attempts.at(-1)], [maxAttempts, 10 * maxAttempts - 1]);
  });

  it("whose archive was replaced can no longer fetch the older one", async () => {
    desk = await new Desk().start();
    const device = await desk.device("d");
    desk.hub.operator.archive("d", Buffer.from("older"), {});
    const older = (await device.pushed("archive"))["url"] as string;
    desk.hub.operator.archive("d", Buffer.from("newer"), {});
    const newer = (await device.pushed("archive"))["url"] as string;
    assert.deepEqual([(await fetch(older)).status, await (await fetch(newer)).text()], [404, "newer"]);
  });
});

describe("desk hub, growth: mistakes of the operator", () => {
  it("sets no fault that would end the hub", () => {
    assert.match(String(faultOf({ kind: "status", status: 99 })), /from 200 to 599/);
    assert.match(String(faultOf({ kind: "overlong", extra: 1e12 })), /from 0 to/);
    assert.match(String(faultOf({ kind: "drop", after: -1 })), /from 0 to/);
    assert.equal(typeof faultOf({ kind: "wrong-content-range", offset: -5 }), "object");
    const faults = new DownloadFaults();
    for (let i = 0; i < 2 * maxFaults; i++) faults.set({ kind: "ignore-range" });
    assert.equal(faults.pending().length, maxFaults);
  });
});

describe("desk hub, growth: the size of JSON", () => {
  it("is counted up to a bound, in bytes and in levels", () => {
    assert.equal(sizeOf({ a: [1, "two", null] }, 1000) !== undefined, true);
    assert.equal(sizeOf(large, 999_999), undefined);
    assert.equal(sizeOf(Array(1000).fill(0), 100), undefined);
    let deep: Json = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    assert.equal(sizeOf(deep, 1_000_000, 64), undefined);
  });
});
