import { Metrics } from "../../../src/features/metrics/metrics.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerBucket, ServerSide, Stage, startedMs } from "../../support/stage.js";

function make(stage: Stage, vitals = false): Metrics {
  return stage.core.install(new Metrics({ vitals }));
}

function droppedIn(stage: Stage): number {
  let sum = 0;
  for (const line of stage.printed) sum += Number(/ (\d+) readings were dropped/.exec(line)?.[1] ?? 0);
  return sum;
}

function count(server: ServerSide): number {
  let sum = 0;
  for (const report of server.all("reports")) sum += Object.keys(report["metrics"] as object).length;
  return sum;
}

describe("metrics 0.1.0", () => {
  it("answers a check at once with the device's own figures and the application's", () => {
    const stage = new Stage();
    const options = { readings: () => ({ temperature: 21.5 }) };
    stage.core.roundTripMs = 42;
    const metrics = stage.core.install(new Metrics(options));
    const server = new ServerSide(stage.timers, "0.1.0");
    metrics.attached(server);
    metrics.event("check");
    stage.timers.advance(1);
    const [report] = server.all("reports");
    assert.equal(report["timestamp"], "2026-11-21T20:00:00.000Z");
    const values = report["metrics"] as Record<string, number>;
    assert.equal(values["temperature"], 21.5);
    assert.equal(values["heap_free_bytes"], 100_000);
    assert.equal(values["round_trip_ms"], 42);
  });

  it("gathers what is read together, and sends it within a minute", () => {
    const stage = new Stage();
    const metrics = make(stage);
    const server = new ServerSide(stage.timers, "0.1.0");
    metrics.attached(server);
    stage.timers.advance(10);
    metrics.record("a", 1);
    metrics.record("b", 2);
    stage.timers.advance(5000);
    metrics.record("a", 3);
    stage.timers.advance(60_000);
    assert.deepEqual(
      server.all("reports").map((report) => report["metrics"]),
      [{ a: 1, b: 2 }, { a: 3 }],
    );
    assert.equal(server.all("reports")[1]["timestamp"], new Date(startedMs + 5010).toISOString());
    assert.equal(stage.timers.count, 0);
  });

  it("a day of readings with a connection that comes and goes: each arrives or is counted, none is dropped there", () => {
    const stage = new Stage();
    const metrics = make(stage);
    const bucket = new ServerBucket(stage.timers, 1, 5);
    const servers: ServerSide[] = [];
    let taken = 0;
    for (let minute = 0; minute < 1440; minute++) {
      if (minute % 30 === 0) {
        const server = new ServerSide(stage.timers, "0.1.0", bucket);
        servers.push(server);
        metrics.attached(server);
      }
      if (minute % 30 === 10) metrics.detached();
      for (let i = 0; i < 6; i++) {
        if (metrics.record("a", minute)) taken++;
        if (metrics.record("b", i)) taken++;
        stage.timers.advance(10_000);
      }
    }
    const last = new ServerSide(stage.timers, "0.1.0", bucket);
    servers.push(last);
    metrics.attached(last);
    stage.timers.advance(200_000);
    assert.equal(servers.map(count).reduce((a, b) => a + b) + droppedIn(stage), taken);
    assert.ok(servers.every(({ dropped }) => dropped === 0));
    for (const { payload } of servers.flatMap(({ sent }) => sent)) {
      const reports = payload["reports"] as object[];
      assert.ok(reports.length <= 60 && JSON.stringify(payload).length < 16_384);
    }
  });

  it("a flood of checks is answered below the bucket", () => {
    const stage = new Stage();
    const metrics = make(stage, true);
    const server = new ServerSide(stage.timers, "0.1.0", new ServerBucket(stage.timers, 1, 5));
    metrics.attached(server);
    for (let i = 0; i < 500; i++) {
      metrics.event("check");
      stage.timers.advance(37);
    }
    assert.equal(server.dropped, 0);
    assert.ok(server.sent.length >= 5);
  });

  it("refuses what the server would drop without a word", () => {
    const stage = new Stage();
    const metrics = make(stage);
    assert.equal(metrics.record("a", Number.NaN), false);
    assert.equal(metrics.record("a", Number.POSITIVE_INFINITY), false);
    assert.equal(metrics.record("", 1), false);
    assert.equal(metrics.record("ü".repeat(33), 1), false);
    // Each becomes three bytes on the way, and no name that the application knows.
    for (const name of ["a\0", "\ud83d"]) assert.equal(metrics.record(name, 1), false);
    assert.ok(metrics.record("ü".repeat(32), 1));
    assert.equal(stage.printed.length, 6);
  });

  it("lets an application use a bounded number of names", () => {
    const stage = new Stage();
    const metrics = make(stage);
    let taken = 0;
    for (let i = 0; i < 1000; i++) if (metrics.record(`name ${i}`, i)) taken++;
    assert.equal(taken, 64);
  });

  it("splits readings of more than 20 names, of which the server keeps no more", () => {
    const stage = new Stage();
    const metrics = make(stage);
    for (let i = 0; i < 50; i++) metrics.record(`name ${i}`, i);
    const server = new ServerSide(stage.timers, "0.1.0");
    metrics.attached(server);
    stage.timers.advance(10_000);
    assert.deepEqual(
      server.all("reports").map((report) => Object.keys(report["metrics"] as object).length),
      [20, 20, 10],
    );
  });

  it("waits for the clock, and drops what is older than the server takes, saying so", () => {
    const stage = new Stage();
    stage.wallMs = undefined;
    const metrics = make(stage);
    metrics.record("old", 1);
    stage.timers.advance(25 * 3_600_000);
    metrics.record("new", 2);
    assert.equal(metrics.ready(), false);
    stage.platform.clock.set(startedMs);
    assert.ok(metrics.ready());
    const server = new ServerSide(stage.timers, "0.1.0");
    metrics.attached(server);
    stage.timers.advance(1000);
    assert.deepEqual(
      server.all("reports").map((report) => report["metrics"]),
      [{ new: 2 }],
    );
    assert.equal(droppedIn(stage), 1);
  });
});
