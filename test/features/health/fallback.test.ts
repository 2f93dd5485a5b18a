/*
 * Issue 13, items 13 and 14: what a server without alarms and metrics gets with health, and how often things are said.
 */

import { Alarms } from "../../../src/features/alarms/alarms.js";
import { ErrorReports } from "../../../src/features/error-reports/error-reports.js";
import { Health } from "../../../src/features/health/health.js";
import { Metrics } from "../../../src/features/metrics/metrics.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

class Scene {
  readonly stage = new Stage();
  readonly alarms = this.stage.core.install(new Alarms());
  readonly metrics = this.stage.core.install(new Metrics());
  readonly health = this.stage.core.install(new Health());
  readonly server = new ServerSide(this.stage.timers, "0.0.1");

  /** The health reports that the server got. */
  get reports(): { metrics: Record<string, number>; alarms?: Record<string, string> }[] {
    return this.server.sent.map(({ payload }) => (payload as { value: never }).value);
  }
}

describe("13.13 a server without alarms and metrics", () => {
  it("gets an alarm with health, at once and not at its next question", () => {
    const { health, alarms, server, stage } = new Scene();
    health.attached(server);
    alarms.raise("BatteryLow", "3.1 V");
    stage.timers.advance(1000);
    assert.deepEqual(
      server.sent.map(({ payload }) => (payload as { value: { alarms: unknown } }).value.alarms),
      [{ BatteryLow: "3.1 V" }],
    );
  });

  it("gets the last value of each reading with health", () => {
    const scene = new Scene();
    scene.health.attached(scene.server);
    scene.metrics.record("level", 1);
    scene.metrics.record("level", 2);
    scene.metrics.record("flow", 7);
    scene.health.report();
    scene.stage.timers.advance(1000);
    const { metrics } = scene.reports[0] ?? { metrics: {} };
    assert.deepEqual([metrics["level"], metrics["flow"]], [2, 7]);
  });

  it("and one with them gets neither twice", () => {
    const scene = new Scene();
    scene.health.attached(scene.server);
    const own = new ServerSide(scene.stage.timers, "0.1.0");
    scene.metrics.record("level", 1);
    scene.metrics.attached(own);
    scene.alarms.attached(own);
    scene.metrics.record("level", 2);
    scene.alarms.raise("BatteryLow");
    scene.stage.timers.advance(1000);
    assert.deepEqual(scene.reports, []);
    scene.health.report();
    scene.stage.timers.advance(1000);
    assert.equal(scene.reports[0]?.metrics["level"], undefined);
    assert.equal(scene.reports[0]?.alarms, undefined);
  });
});

describe("13.14 how often things are said", () => {
  it("twelve error reports of a stack each go in one message", () => {
    const stage = new Stage();
    const reports = stage.core.install(new ErrorReports());
    const server = new ServerSide(stage.timers, "0.1.0");
    for (let i = 0; i < 12; i++) {
      const error = new Error(`error ${i}`);
      Object.defineProperty(error, "stack", { value: `Error: error ${i}\n at f (a.js:1:1)\n at g (b.js:2:2)` });
      reports.report(error);
    }
    reports.attached(server);
    stage.timers.advance(1000);
    assert.deepEqual(
      server.sent.map(({ payload }) => (payload as { reports: unknown[] }).reports.length),
      [12],
    );
  });

  it("the set of alarms goes once at an attach, and again when the server has lost something", () => {
    const { alarms, stage } = new Scene();
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.raise("a");
    alarms.attached(server);
    stage.timers.advance(200);
    alarms.event("sync");
    stage.timers.advance(5000);
    assert.equal(server.sent.length, 1);
    alarms.event("sync");
    stage.timers.advance(2000);
    assert.equal(server.sent.length, 2);
  });

  it("the round trip is a whole number of milliseconds", () => {
    const { stage, health, server } = new Scene();
    stage.core.roundTripMs = 12.75;
    health.attached(server);
    health.report();
    stage.timers.advance(1000);
    const { value } = server.sent[0].payload as { value: { metrics: Record<string, number> } };
    assert.equal(value.metrics["round_trip_ms"], 13);
  });
});
