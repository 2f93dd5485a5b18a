import type { Client } from "../../../src/client.js";
import { ManagedUpdates } from "../../../src/features/managed-updates/managed-updates.js";
import { assert, describe, it } from "../../harness.js";
import { Stage } from "../extensions/stage.js";

class Scene {
  readonly stage = new Stage();
  readonly pushed: unknown[] = [];
  readonly told: unknown[] = [];
  readonly client: Client = {
    updateModeChanged: (...args) => this.told.push(args),
    updateChecked: (...args) => this.told.push(args),
    updateRejected: (...args) => this.told.push(args),
  };
  readonly updates = new ManagedUpdates(this.stage.host.clock, this.stage.log, this.client);

  constructor() {
    this.updates.online({ push: (event, payload) => String(this.pushed.push([event, payload])) });
  }
}

describe("device-managed updates", () => {
  it("says nothing of them to a server that has not spoken of them", () => {
    const { updates, pushed } = new Scene();
    assert.deepEqual([updates.check(), updates.request(), updates.setMode("device_managed")], [false, false, false]);
    assert.deepEqual(pushed, []);
  });

  it("asks in the server's words, and passes its answers on", () => {
    const { updates, pushed, told } = new Scene();
    updates.modeTold({ mode: "device_managed", managed_updates_allowed: true });
    assert.equal(updates.mode, "device_managed");
    assert.ok(updates.check() && updates.request() && updates.setMode("automatic"));
    assert.deepEqual(pushed, [
      ["check_update", {}],
      ["request_update", {}],
      ["set_update_mode", { mode: "automatic" }],
    ]);
    updates.checked({ available: true, firmware_meta: { version: "1.2.0" } });
    updates.checked({ available: false, firmware_meta: null });
    assert.deepEqual(told, [
      ["device_managed", true],
      [true, "1.2.0"],
      [false, undefined],
    ]);
  });

  it("counts a refusal in minutes and asks no sooner, over reconnects too", () => {
    const scene = new Scene();
    const { updates, stage, pushed } = scene;
    updates.modeTold({ mode: "device_managed", managed_updates_allowed: true });
    updates.rejected({ reason: "busy", delay_for: 5 });
    assert.deepEqual(scene.told.at(-1), ["busy", 300_000]);
    for (let second = 0; second < 299; second++) {
      assert.equal(updates.request(), false);
      if (second === 100) {
        updates.offline();
        updates.online({ push: (event) => String(pushed.push(event)) });
        updates.modeTold({ mode: "device_managed", managed_updates_allowed: true });
      }
      stage.timers.advance(1000);
    }
    assert.deepEqual(pushed, []);
    stage.timers.advance(1000);
    assert.ok(updates.request());
    assert.deepEqual(pushed, ["request_update"]);
  });

  it("a refusal without a usable time counts as five minutes, and one without end as a week", () => {
    for (const [delay, minutes] of [
      [undefined, 5],
      ["7", 5],
      [-1, 5],
      [0, 0],
      [1e12, 10_080],
    ] as const) {
      const { updates } = new Scene();
      updates.rejected({ reason: "busy", delay_for: delay });
      assert.equal(updates.waitMs, minutes * 60_000);
    }
  });

  it("ignores modes that do not exist and payloads of any shape", () => {
    const { updates } = new Scene();
    for (const payload of [null, undefined, 5, [], {}, { mode: "sometimes" }, { mode: 5 }]) {
      updates.modeTold(payload);
      updates.checked(payload);
      updates.rejected(payload);
    }
    assert.equal(updates.mode, undefined);
  });
});
