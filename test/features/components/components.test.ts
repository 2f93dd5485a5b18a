import { Components, type Topology } from "../../../src/features/components/components.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

describe("components 0.0.1", () => {
  class Scene {
    readonly stage = new Stage();
    readonly server = new ServerSide(this.stage.timers, "0.0.1");
    readonly called: string[] = [];
    readonly topology: Topology = {
      assemblies: [
        {
          identifier: "display",
          label: "Display",
          components: [
            {
              identifier: "panel",
              metrics: ["display_fps"],
              actions: [
                { identifier: "recalibrate", label: "Recalibrate", run: () => "calibration complete" },
                {
                  identifier: "explode",
                  run: () => {
                    throw new Error("sensor on fire");
                  },
                },
                { identifier: "hang", run: () => new Promise(() => {}) },
              ],
              modes: [{ identifier: "brightness", values: ["day", "night"], set: (value) => this.called.push(value) }],
            },
          ],
        },
      ],
      networks: [{ identifier: "zwave", metrics: ["zwave_rssi"], peers: [{ identifier: "zwave-26" }] }],
    };
    readonly components = this.stage.core.install(new Components(() => this.topology));

    constructor() {
      this.components.attached(this.server);
    }

    ask(event: string, payload: unknown, waitMs = 2000): Record<string, unknown> | undefined {
      this.components.event(event, payload);
      this.stage.timers.advance(waitMs);
      return this.server.sent.at(-1)?.payload;
    }
  }

  it("reports the topology in the shape that the server stores, without functions", () => {
    const scene = new Scene();
    assert.deepEqual(scene.ask("request", {}), {
      assemblies: [
        {
          identifier: "display",
          label: "Display",
          components: [
            {
              identifier: "panel",
              metrics: ["display_fps"],
              metadata: [],
              actions: [
                { identifier: "recalibrate", label: "Recalibrate" },
                { identifier: "explode" },
                { identifier: "hang" },
              ],
              modes: [{ identifier: "brightness", metadata_key: "brightness", values: ["day", "night"] }],
            },
          ],
        },
      ],
      networks: [
        {
          identifier: "zwave",
          metrics: ["zwave_rssi"],
          peers: [{ identifier: "zwave-26", metrics: [], metadata: [], actions: [], modes: [] }],
        },
      ],
    });
  });

  it("runs an action and answers by its ref", () => {
    const request = { ref: "ref-1", component: "panel", action: "recalibrate" };
    const answer = new Scene().ask("action:run", request);
    assert.deepEqual(answer, { ...request, status: "ok", output: "calibration complete" });
  });

  it("answers an action that throws, one that hangs, and one that does not exist", () => {
    const scene = new Scene();
    const run = (action: string): unknown =>
      scene.ask("action:run", { ref: "r", component: "panel", action }, 11_000)?.["output"];
    assert.equal(run("explode"), "sensor on fire");
    assert.equal(run("hang"), "timeout");
    assert.equal(run("nosuch"), "unknown action");
    assert.ok(scene.server.sent.every(({ payload }) => payload["status"] === "error"));
  });

  it("sets a mode to one of its values and to nothing else", () => {
    const scene = new Scene();
    const set = (value: unknown): unknown =>
      scene.ask("mode:set", { ref: "r", component: "panel", mode: "brightness", value })?.["status"];
    assert.equal(set("night"), "ok");
    assert.equal(set("disco"), "error");
    assert.equal(set(5), "error");
    assert.deepEqual(scene.called, ["night"]);
  });

  it("survives requests of any shape", () => {
    const scene = new Scene();
    for (const payload of [null, undefined, 5, [], {}, { ref: {} }]) {
      scene.components.event("action:run", payload);
      scene.components.event("mode:set", payload);
      scene.components.event("nonsense", payload);
    }
    scene.stage.timers.advance(60_000);
    assert.equal(scene.stage.timers.count, 0);
  });
});
