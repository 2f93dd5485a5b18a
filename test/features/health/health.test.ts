import { Vitals } from "../../../src/device/vitals.js";
import { Alarms } from "../../../src/features/alarms/alarms.js";
import { Health, type HealthOptions } from "../../../src/features/health/health.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

class Scene {
  readonly stage = new Stage();
  readonly alarms = this.stage.core.install(new Alarms());
  readonly server = new ServerSide(this.stage.timers, "0.0.1");
  readonly health: Health;

  constructor(options: HealthOptions = {}) {
    this.health = this.stage.core.install(new Health(options));
    this.health.attached(this.server);
  }

  check(): Record<string, unknown> {
    this.health.event("check");
    this.stage.timers.advance(2000);
    return this.server.sent.at(-1)?.payload["value"] as Record<string, unknown>;
  }
}

describe("health 0.0.1", () => {
  it("reports what the platform knows, under the names that the server's page renders", () => {
    const scene = new Scene();
    scene.stage.facts = {
      heapFree: 75_000,
      heapLowWater: 60_000,
      heapLargestBlock: 31_000,
      wifiRssi: -61,
      cpuTemperature: 41.5,
      xsChunks: 20_000,
      xsSlots: 30_000,
      xsStackPeak: 180,
    };
    assert.deepEqual(scene.check(), {
      metrics: {
        uptime_seconds: 0,
        mem_size_mb: 0.095,
        mem_used_mb: 0.024,
        mem_used_percent: 25,
        heap_free_bytes: 75_000,
        heap_min_free_bytes: 60_000,
        heap_largest_free_block_bytes: 31_000,
        xs_chunk_bytes: 20_000,
        xs_slot_bytes: 30_000,
        xs_stack_peak: 180,
        wifi_rssi: -61,
        cpu_temp: 41.5,
      },
      metadata: { reset_reason: "panic" },
      checks: {},
      connectivity: {},
      timestamp: "2026-11-21T20:00:00.000Z",
      alarms: {},
    });
  });

  it("the size of memory is the whole heap where the platform knows it, and what is in use is of that; the share is not", () => {
    const scene = new Scene();
    scene.stage.facts = { heapTotal: 300_000, heapFree: 75_000 };
    const metrics = scene.check()["metrics"] as Record<string, number>;
    assert.equal(metrics["mem_size_mb"], 0.286);
    assert.equal(metrics["mem_used_mb"], 0.215);
    assert.equal(metrics["mem_used_percent"], 25);
  });

  it("memory in use is a share of what was free at the start: 0 when more is free than then, 100 at the end", () => {
    const scene = new Scene();
    for (const [heapFree, percent] of [
      [120_000, 0],
      [100_000, 0],
      [30_000, 70],
      [0, 100],
    ]) {
      scene.stage.facts = { heapFree };
      assert.equal((scene.check()["metrics"] as Record<string, number>)["mem_used_percent"], percent);
    }
  });

  it("a platform that knows nothing makes no memory figures up", () => {
    const stage = new Stage();
    stage.facts = {};
    assert.deepEqual(stage.core.feature(Vitals).metrics(), { uptime_seconds: 0 });
  });

  it("the application's figures are added, replace, and remove", () => {
    const scene = new Scene({
      metrics: (defaults) => ({
        level: 3,
        heap_free_bytes: defaults["heap_free_bytes"] / 2,
        uptime_seconds: undefined,
      }),
      metadata: () => ({ app: "kitchen" }),
    });
    const { metrics, metadata } = scene.check() as Record<string, Record<string, unknown>>;
    assert.equal(metrics["level"], 3);
    assert.equal(metrics["heap_free_bytes"], 50_000);
    assert.equal("uptime_seconds" in metrics, false);
    assert.deepEqual(metadata, { reset_reason: "panic", app: "kitchen" });
  });

  it("sends only numbers, no metric called timestamp, and mem_used_mb not without its percentage", () => {
    const bad = { text: "63" as unknown as number, nothing: null as unknown as number, nan: Number.NaN, timestamp: 1 };
    const scene = new Scene({ metrics: () => ({ ...bad, mem_used_percent: undefined }) });
    const metrics = scene.check()["metrics"] as object;
    for (const name of [...Object.keys(bad), "mem_used_mb", "mem_used_percent"])
      assert.equal(name in metrics, false, name);
  });

  it("leaves the time out while it is unknown", () => {
    const scene = new Scene();
    scene.stage.wallMs = undefined;
    assert.equal("timestamp" in scene.check(), false);
  });

  it("carries alarms as an object, with a description that counts as one", () => {
    const scene = new Scene();
    scene.alarms.raise("BatteryLow", "3.1 V");
    scene.alarms.raise("DoorOpen");
    assert.deepEqual(scene.check()["alarms"], { BatteryLow: "3.1 V", DoorOpen: "raised" });
  });

  it("leaves alarms to the alarms extension where that is attached", () => {
    const scene = new Scene();
    scene.alarms.attached(new ServerSide(scene.stage.timers, "0.1.0"));
    scene.alarms.raise("BatteryLow", "3.1 V");
    assert.equal("alarms" in scene.check(), false);
  });

  it("answers a flood of checks about once a second", () => {
    const scene = new Scene();
    for (let i = 0; i < 1000; i++) {
      scene.health.event("check");
      scene.stage.timers.advance(10);
    }
    assert.ok(scene.server.sent.length >= 10 && scene.server.sent.length <= 14, String(scene.server.sent.length));
  });

  it("reports on the application's wish, but only while attached", () => {
    const scene = new Scene();
    assert.ok(scene.health.report());
    scene.stage.timers.advance(1000);
    assert.equal(scene.server.sent.length, 1);
    scene.health.detached();
    assert.equal(scene.health.report(), false);
    scene.stage.timers.advance(1000);
    assert.equal(scene.server.sent.length, 1);
  });

  it("ignores events it does not know", () => {
    const scene = new Scene();
    scene.health.event("nonsense");
    scene.stage.timers.advance(5000);
    assert.deepEqual(scene.server.sent, []);
  });
});
