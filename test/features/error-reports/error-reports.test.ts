import { Fault } from "../../../modules/fault/fault.js";
import { RecentLines } from "../../../src/device/recent-lines.js";
import { ErrorReports } from "../../../src/features/error-reports/error-reports.js";
import { stackFrames } from "../../../src/features/error-reports/stack-frames.js";
import type { Level } from "../../../src/log/log.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerBucket, ServerSide, Stage, StageCore } from "../../support/stage.js";

const { uuid } = new Stage().core.firmware;

/** @param recent lines of the log */
function make(stage: Stage, recent = ""): ErrorReports {
  // Of a run of its own: another link on the same store.
  const core = new StageCore(stage);
  const reports = core.install(new ErrorReports());
  for (const line of recent.split("\n")) {
    const [level, text] = line.includes(": ") ? line.split(": ") : ["info", line];
    if (text !== "") core.feature(RecentLines).write(level as Level, text);
  }
  reports.start();
  return reports;
}

describe("error_reports 0.1.0", () => {
  it("sends what the server requires, and the frames", () => {
    const stage = new Stage();
    const reports = make(stage);
    const server = new ServerSide(stage.timers, "0.1.0");
    reports.attached(server);
    stage.timers.advance(1500);
    reports.report(new TypeError("no such relay"), { relay: "3" });
    stage.timers.advance(2000);
    const [report] = server.all("reports");
    assert.equal(report["timestamp"], "2026-11-21T20:00:01.500Z");
    assert.equal(report["kind"], "TypeError");
    assert.equal(report["reason"], "TypeError: no such relay");
    assert.equal(report["source"], "manual");
    assert.equal(report["firmware_uuid"], uuid);
    assert.deepEqual(report["context"], { uptime_ms: "1500", free_memory_bytes: "100000", relay: "3" });
    assert.ok(Array.isArray(report["frames"]));
  });

  it("takes anything that can be thrown, and a Fault with its stage and code", () => {
    const stage = new Stage();
    const reports = make(stage);
    const server = new ServerSide(stage.timers, "0.1.0");
    reports.report("just text");
    reports.report(undefined);
    reports.report({ toString: null });
    reports.report(new Fault("flash", "worn-out", "The flash is worn out."));
    reports.attached(server);
    stage.timers.advance(10_000);
    assert.deepEqual(
      server.all("reports").map((report) => report["kind"]),
      ["throw", "throw", "throw", "Fault"],
    );
    const context = server.all("reports")[3]["context"] as Record<string, string>;
    assert.equal(context["stage"], "flash");
    assert.equal(context["code"], "worn-out");
  });

  it("the same error again and again is one report with a count", () => {
    const stage = new Stage();
    const reports = make(stage);
    for (let i = 0; i < 500; i++) reports.report(new Error("stuck"));
    const server = new ServerSide(stage.timers, "0.1.0");
    reports.attached(server);
    stage.timers.advance(10_000);
    assert.equal(server.all("reports").length, 1);
    assert.equal((server.all("reports")[0]["context"] as Record<string, string>)["count"], "500");
  });

  it("a storm of different errors passes the bucket; what was dropped is a report of its own", () => {
    const stage = new Stage();
    const reports = make(stage);
    const server = new ServerSide(stage.timers, "0.1.0", new ServerBucket(stage.timers, 1, 5));
    reports.attached(server);
    for (let i = 0; i < 400; i++) {
      reports.report(new Error(`error ${i}`));
      stage.timers.advance(25);
    }
    stage.timers.advance(60_000);
    assert.equal(server.dropped, 0);
    let admitted = 0;
    let arrived = 0;
    for (const report of server.all("reports")) {
      if (String(report["kind"]) === "nerves_hub_link_moddable")
        admitted += Number.parseInt(String(report["reason"]), 10);
      else arrived++;
    }
    assert.equal(arrived + admitted, 400);
    for (const { payload } of server.sent) assert.ok((payload["reports"] as object[]).length <= 25);
  });

  it("bounds and redacts what it sends", () => {
    const stage = new Stage();
    const reports = make(stage);
    const context: Record<string, string> = {};
    for (let i = 0; i < 100; i++) context[`key ${i}`] = "v".repeat(5000);
    reports.report(new Error(`very-secret-text ${"x".repeat(100_000)}`), context);
    const server = new ServerSide(stage.timers, "0.1.0");
    reports.attached(server);
    stage.timers.advance(2000);
    const text = JSON.stringify(server.sent[0].payload);
    assert.ok(text.length < 10_000);
    assert.equal(text.includes("very-secret-text"), false);
  });

  it("a crash is kept over the restart and sent after the next join, once", () => {
    const before = new Stage();
    before.timers.advance(5000);
    const crashing = make(before, "info: one\nerror: two");
    assert.ok(crashing.recordCrash(new RangeError("out of range")));

    const after = new Stage();
    for (const [key, value] of before.stored) after.stored.set(key, value);
    after.timers.advance(60_000);
    const reports = make(after);
    assert.ok(
      after.printed.some((line) => line.includes("The last run ended with an error: RangeError: out of range")),
    );
    const server = new ServerSide(after.timers, "0.1.0");
    server.blocked = true;
    reports.attached(server);
    after.timers.advance(3000);
    assert.ok(after.stored.has("crash"), "kept until it was sent");
    server.blocked = false;
    after.timers.advance(3000);
    const [report] = server.all("reports");
    assert.equal(report["timestamp"], "2026-11-21T20:00:05.000Z");
    assert.equal(report["kind"], "RangeError");
    assert.equal(report["source"], "logger");
    const context = report["context"] as Record<string, string>;
    assert.equal(context["reset_reason"], "panic");
    assert.equal(context["log"], "info: one\nerror: two");
    assert.equal(after.stored.has("crash"), false);
  });

  it("a crash loop is counted in one record", () => {
    const stage = new Stage();
    for (let i = 0; i < 5; i++) make(stage).recordCrash(new Error("again"));
    const reports = make(stage);
    const server = new ServerSide(stage.timers, "0.1.0");
    reports.attached(server);
    stage.timers.advance(2000);
    assert.equal((server.all("reports")[0]["context"] as Record<string, string>)["count"], "5");
  });

  it("recordCrash never throws and never exceeds what the store takes", () => {
    const stage = new Stage();
    const reports = make(stage, "é".repeat(10_000));
    const error = new Error("€".repeat(10_000));
    Object.defineProperty(error, "stack", { value: "€".repeat(10_000) });
    reports.recordCrash(error);
    for (const value of stage.stored.values()) assert.ok(value.byteLength <= 2048);
    stage.storeFails = true;
    assert.equal(reports.recordCrash(new Error("x")), false);
    assert.equal(reports.recordCrash({ toString: null }), false);
  });

  it("keeps a crash whose texts are all control characters, half pairs or emoji, as far as the store has room", () => {
    for (const character of ["\x01", "\0", "\ud83d", "😀"]) {
      const stage = new Stage();
      const recent = character.repeat(1000);
      assert.equal(make(stage, recent).recordCrash(new Error(character.repeat(5000))), true, JSON.stringify(character));
      assert.ok(stage.stored.get("crash")!.byteLength <= 2048);
      const server = new ServerSide(stage.timers, "0.1.0");
      make(stage).attached(server);
      stage.timers.advance(5000);
      assert.equal(server.all("reports").length, 1);
    }
  });

  it("a damaged record is no record", () => {
    const stage = new Stage();
    for (const bytes of [[], [0xff, 0xfe], [0x5b, 0x5d], [0x6e, 0x75, 0x6c, 0x6c]]) {
      stage.stored.set("crash", new Uint8Array(bytes));
      make(stage);
    }
    assert.deepEqual(stage.printed, []);
  });
});

describe("stack frames", () => {
  it("reads V8's stacks", () => {
    const stack = [
      "TypeError: x is not a function",
      "    at Relay.switch (file:///app/src/relay.js:12:34)",
      "    at async run (/app/src/main.ts:5:1)",
      "    at /app/src/main.ts:9:3",
      "    at new Thing (node:internal/things:1:2)",
    ].join("\n");
    assert.deepEqual(stackFrames(stack), [
      { module: "relay", function: "Relay.switch", file: "file:///app/src/relay.js", line: 12 },
      { module: "main", function: "run", file: "/app/src/main.ts", line: 5 },
      { module: "main", function: "(anonymous)", file: "/app/src/main.ts", line: 9 },
      { module: "things", function: "new Thing", file: "node:internal/things", line: 1 },
    ]);
  });

  it("reads XS's stacks, with and without debug information", () => {
    const stack = "TypeError: no\n at switch (/app/relay.js:12)\n at (main.js:3)\n at run ()\n at ()";
    assert.deepEqual(stackFrames(stack), [
      { module: "relay", function: "switch", file: "/app/relay.js", line: 12 },
      { module: "main", function: "(anonymous)", file: "main.js", line: 3 },
      { module: null, function: "run", file: null, line: null },
      { module: null, function: "(anonymous)", file: null, line: null },
    ]);
  });

  it("reads the stack of this engine", () => {
    const frames = stackFrames(new Error("here").stack);
    assert.ok(frames.length > 0);
  });

  it("makes nothing of what is no stack, and no more than a dozen frames", () => {
    for (const stack of [undefined, 5, "", "Error: at home", "at"]) assert.deepEqual(stackFrames(stack), []);
    assert.equal(stackFrames("\n at f (x.js:1)".repeat(1000)).length, 12);
  });
});
