/*
 * A trial whose boot loader data, store or application fail. No image is confirmed that must not be, no device restarts
 * for ever, and none is left on trial without a deadline.
 */

import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, it } from "../../support/harness.js";
import { withSlots } from "../../support/slots-of.js";
import { image, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

function tail(scene: UpdateScene): string {
  return scene.device.lines.slice(-25).join("\n");
}

function refuse(what: string): never {
  throw new Fault("flash", "flash-failed", `The flash could not ${what}.`);
}

function sceneOf(options: Partial<SceneOptions>): UpdateScene {
  return new UpdateScene({ before, after, ...options });
}

function statuses(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

/** Runs into the new image. */
async function onTrial(scene: UpdateScene): Promise<void> {
  scene.device.powerOn();
  assert.ok(await scene.run(() => scene.device.restarts === 1 && scene.version === "1.1.0", hour), tail(scene));
}

describe("update: trial that goes wrong", () => {
  it("a confirmation that fails once is tried again, and told when it has succeeded", async () => {
    let failures = 0;
    const changePlatform = withSlots((slots) => ({
      confirm: () => {
        if (failures++ < 2) refuse("write otadata");
        slots.confirm();
      },
    }));
    const scene = sceneOf({ changePlatform });
    await onTrial(scene);
    assert.ok(await scene.run(() => scene.updated, minute), tail(scene));
    assert.equal(scene.hub.reports.filter(({ event }) => event === "firmware_validated").length, 1);
    assert.equal(scene.device.restarts, 1);
  });

  it("an image that can never be confirmed goes back at its deadline", async () => {
    const changePlatform = withSlots(() => ({ confirm: () => refuse("write otadata") }));
    const scene = sceneOf({ changePlatform });
    await onTrial(scene);
    assert.ok(await scene.run(() => scene.device.restarts === 2, 12 * minute), tail(scene));
    await scene.run(() => false, 3000);
    assert.equal(scene.version, "1.0.0");
  });

  it("with no way back it neither restarts for ever nor gives up: a later join still confirms it", async () => {
    const changePlatform = withSlots(() => ({ revert: () => refuse("revert") }));
    let valid = false;
    const scene = sceneOf({ changePlatform, link: { client: { validate: () => valid } } });
    await onTrial(scene);
    await scene.run(() => false, 3 * hour);
    assert.equal(scene.device.restarts, 1, tail(scene));
    assert.ok(!scene.device.lines.some((line) => line.includes("a timer callback threw")), tail(scene));
    assert.ok(
      scene.device.lines.some((line) => line.includes("cannot go back, and stays")),
      tail(scene),
    );
    valid = true;
    scene.hub.drop();
    assert.ok(await scene.run(() => scene.updated, 5 * minute), tail(scene));
  });

  it("an image that starts again and again is given up after three starts, and where nothing else starts it stays", async () => {
    // A boot loader without rollback: only the count in the store ends it. Nor does it heed the revert.
    let reverted = 0;
    const changePlatform = withSlots(() => ({
      trial: "pending",
      revert: () => {
        reverted++;
      },
    }));
    const scene = sceneOf({ changePlatform });
    scene.hub.reachable = false;
    scene.device.powerOn();
    for (let boots = 1; boots <= 4; boots++) {
      await scene.run(() => false, minute);
      assert.equal(reverted, boots <= 3 ? 0 : 1, tail(scene));
      if (boots < 4) scene.device.powerOn();
    }
    await scene.run(() => false, hour);
    assert.equal(scene.device.restarts, 1);
    assert.equal(reverted, 1);
    scene.hub.reachable = true;
    await scene.run(() => scene.hub.joins.length === 1, 2 * minute);
    assert.equal(scene.hub.joins.length, 1, tail(scene));
  });

  it("an image whose network never comes goes back as well", async () => {
    const scene = sceneOf({ link: { trial: { deadlineMs: minute } } });
    scene.device.powerOn();
    await scene.run(() => scene.device.restarts === 1, hour);
    // As src/main.ts does, which then waits for Wi-Fi.
    scene.device.begin = () => {};
    await scene.run(() => scene.version === "1.1.0", minute);
    scene.device.begin = (link) => link.start();
    assert.ok(await scene.run(() => scene.device.restarts === 2, 2 * minute), tail(scene));
    await scene.run(() => false, 3000);
    assert.equal(scene.version, "1.0.0");
  });

  it("an update offered during a trial is put off, and the way back stays whole", async () => {
    const scene = sceneOf({ link: { client: { validate: () => false } } });
    await onTrial(scene);
    await scene.run(() => scene.hub.joins.length === 2, minute);
    const { flash, table } = scene;
    const { offset, size } = table.slots[0];
    const old = flash.bytes.slice(offset, offset + size);
    scene.hub.inFlight = true;
    scene.hub.push("update", {
      update_available: true,
      firmware_url: "http://files.test:4001/x",
      firmware_meta: { uuid: "00000000-0000-0000-0000-000000000000", version: "9.9.9" },
      deployment_id: null,
    });
    await scene.run(() => statuses(scene).includes("rescheduled"), minute);
    assert.deepEqual(statuses(scene), ["received", "rescheduled"], tail(scene));
    assert.equal(scene.files.requests, 1);
    assert.deepEqual(flash.bytes.slice(offset, offset + size), old);
    assert.equal(scene.device.platform?.slots.trial, "pending");
  });

  it("an activation that fails is put off, and the next one works", async () => {
    let failures = 0;
    const changePlatform = withSlots((slots) => ({
      activate: () => {
        if (failures++ === 0) refuse("write otadata");
        slots.activate();
      },
    }));
    const scene = sceneOf({ changePlatform });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.equal(scene.hub.offers, 2);
    assert.equal(scene.files.served, after.byteLength);
  });

  it("a device without a second slot says so, and nothing is downloaded", async () => {
    const scene = sceneOf({ changePlatform: withSlots(() => ({ inactive: undefined })) });
    scene.device.powerOn();
    await scene.run(() => scene.hub.blocked, minute);
    assert.deepEqual(statuses(scene), ["received", "failed"]);
    assert.match(String(scene.hub.reports.at(-1)?.payload["reason"]), /second application slot/);
    assert.equal(scene.files.requests, 0);
  });

  it("an application that throws in everything is updated all the same", async () => {
    const boom = (): never => {
      throw new Error("boom");
    };
    const client = {
      updateModeChanged: boom,
      progress: boom,
      error: boom,
      identify: boom,
      connected: boom,
      disconnected: boom,
      reboot: () => Promise.reject(new Error("boom")),
    };
    const scene = sceneOf({ link: { client } });
    scene.files.answer = ({ number }) => {
      if (number > 1) return undefined;
      scene.hub.drop();
      return { cutAfter: 4500 };
    };
    scene.device.powerOn();
    await scene.run(() => scene.hub.joins.length === 1, minute);
    scene.hub.push("identify", {});
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.equal(scene.device.restarts, 1);
  });

  it("a check that throws does not confirm, and does not end the trial early", async () => {
    let calls = 0;
    const client = {
      validate: () => {
        if (calls++ < 3) throw new Error("boom");
        return true;
      },
    };
    const scene = sceneOf({ link: { client } });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.equal(calls, 4);
  });
});
