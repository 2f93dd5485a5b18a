import { ManagedUpdates } from "../../../src/features/managed-updates/managed-updates.js";
import { assert, describe, it } from "../../support/harness.js";
import { Stage } from "../../support/stage.js";

class Scene {
  readonly stage = new Stage();
  readonly told: unknown[] = [];
  readonly updates = this.stage.core.install(
    new ManagedUpdates({
      modeChanged: (...args) => void this.told.push(args),
      checked: (...args) => void this.told.push(args),
      rejected: (...args) => void this.told.push(args),
    }),
  );

  get pushed(): unknown[] {
    return this.stage.core.pushed.map(({ event, payload }) => [event, payload]);
  }
}

describe("device-managed updates", () => {
  it("says nothing of them to a server that has not spoken of them", () => {
    const scene = new Scene();
    const { updates } = scene;
    assert.deepEqual([updates.check(), updates.request(), updates.setMode("device_managed")], [false, false, false]);
    assert.deepEqual(scene.pushed, []);
  });

  it("asks in the server's words, and passes its answers on", () => {
    const scene = new Scene();
    const { updates, told } = scene;
    updates.message("update_mode", { mode: "device_managed", managed_updates_allowed: true });
    assert.equal(updates.mode, "device_managed");
    assert.ok(updates.check() && updates.request() && updates.setMode("automatic"));
    assert.deepEqual(scene.pushed, [
      ["check_update", {}],
      ["request_update", {}],
      ["set_update_mode", { mode: "automatic" }],
    ]);
    updates.message("update_available", { available: true, firmware_meta: { version: "1.2.0" } });
    updates.message("update_available", { available: false, firmware_meta: null });
    assert.deepEqual(told, [
      ["device_managed", true, undefined],
      [true, "1.2.0"],
      [false, undefined],
    ]);
  });

  it("counts a refusal in minutes and asks no sooner, over reconnects too", () => {
    const scene = new Scene();
    const { updates, stage } = scene;
    updates.message("update_mode", { mode: "device_managed", managed_updates_allowed: true });
    updates.message("update_rejected", { reason: "busy", delay_for: 5 });
    assert.deepEqual(scene.told.at(-1), ["busy", 300_000]);
    for (let second = 0; second < 299; second++) {
      assert.equal(updates.request(), false);
      if (second === 100) {
        updates.offline();
        updates.message("update_mode", { mode: "device_managed", managed_updates_allowed: true });
      }
      stage.timers.advance(1000);
    }
    assert.deepEqual(scene.pushed, []);
    stage.timers.advance(1000);
    assert.ok(updates.request());
    assert.deepEqual(scene.pushed, [["request_update", {}]]);
  });

  it("13.12 a refusal without a time means no wait, and one without end a week", () => {
    for (const [delay, minutes] of [
      [undefined, 0],
      ["7", 0],
      [-1, 0],
      [0, 0],
      [1e12, 10_080],
    ] as const) {
      const { updates } = new Scene();
      updates.message("update_rejected", { reason: "busy", delay_for: delay });
      assert.equal(updates.waitMs, minutes * 60_000);
    }
  });

  it("13.12 requests nothing while an update runs or a request is unanswered, which would crash the server's channel", () => {
    const answers: [string, (updates: ManagedUpdates) => unknown][] = [
      ["an offer", (updates) => updates.updating()],
      ["a refusal", (updates) => updates.message("update_rejected", { reason: "no_update" })],
      ["a lost connection", (updates) => updates.offline()],
    ];
    for (const [name, answer] of answers) {
      const { updates, stage } = new Scene();
      const join = (): unknown =>
        updates.message("update_mode", { mode: "device_managed", managed_updates_allowed: true });
      join();
      stage.core.update.busy = true;
      assert.equal(updates.request(), false, name);
      stage.core.update.busy = false;
      assert.equal(updates.request(), true, name);
      for (let i = 0; i < 3; i++) assert.equal(updates.request(), false, name);
      assert.throws(
        () => updates.commands()[0]?.run({ args: ["request"] } as never),
        ({ message }) => message.includes("could not be asked"),
      );
      answer(updates);
      join();
      assert.equal(updates.request(), true, name);
      assert.equal(stage.core.pushed.length, 2, name);
    }
  });

  it("13.12 news of an update ends the wait of a refusal", () => {
    const { updates } = new Scene();
    updates.message("update_rejected", { reason: "busy", delay_for: 60 });
    updates.message("update_available", { available: false });
    assert.equal(updates.waitMs, 3_600_000);
    updates.message("update_available", { available: true, firmware_meta: null });
    assert.equal(updates.waitMs, 0);
  });

  it("13.12 a refused mode reaches the application, with the server's word", () => {
    const { updates, told } = new Scene();
    updates.message("update_mode", { mode: "automatic", managed_updates_allowed: false, error: "not_permitted" });
    updates.message("update_mode", { mode: "automatic", managed_updates_allowed: false, error: 5 });
    assert.deepEqual(told, [
      ["automatic", false, "not_permitted"],
      ["automatic", false, undefined],
    ]);
  });

  it("ignores modes that do not exist and payloads of any shape", () => {
    const { updates } = new Scene();
    for (const payload of [null, undefined, 5, [], {}, { mode: "sometimes" }, { mode: 5 }]) {
      updates.message("update_mode", payload);
      updates.message("update_available", payload);
      updates.message("update_rejected", payload);
    }
    assert.equal(updates.mode, undefined);
  });
});
