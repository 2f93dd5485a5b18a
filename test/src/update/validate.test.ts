/*
 * Issue 11, item 6: a bad image is not confirmed. What cannot be taken back is decided by `true` itself, or by a promise of
 * it, and by nothing that merely looks like it or comes too late.
 */

import type { Client } from "../../../src/client.js";
import type { LinkOptions } from "../../../src/options.js";
import { assert, describe, it } from "../../support/harness.js";
import { withSlots } from "../../support/slots-of.js";
import { image, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

function tail(scene: UpdateScene): string {
  return scene.device.lines.slice(-25).join("\n");
}

/** A device that runs the new image, on trial, and asks `validate`. */
async function onTrial(validate: () => unknown, more: Partial<SceneOptions> = {}): Promise<UpdateScene> {
  const link: Partial<LinkOptions> = { client: { validate } as Client, trial: { deadlineMs: minute } };
  const scene = new UpdateScene({ before, after, link, ...more });
  scene.device.powerOn();
  assert.ok(await scene.run(() => scene.device.restarts === 1 && scene.version === "1.1.0", hour), tail(scene));
  return scene;
}

function trialOf(scene: UpdateScene): string | undefined {
  return scene.device.platform?.slots.trial;
}

describe("a bad image is not confirmed (issue 11, item 6)", () => {
  const truthy: [string, () => unknown][] = [
    ["a text", () => "true"],
    ["one", () => 1],
    ["an object", () => ({})],
    ["a list", () => [true]],
    ["a Boolean object", () => Object(true)],
    ["a promise of false", () => Promise.resolve(false)],
    ["a promise of a text", () => Promise.resolve("true")],
    ["a forgotten return", () => {}],
  ];
  for (const [what, validate] of truthy) {
    it(`by ${what}`, async () => {
      const scene = await onTrial(validate);
      assert.ok(await scene.run(() => scene.device.restarts === 2, 2 * minute), tail(scene));
      await scene.run(() => false, 2 * second);
      assert.equal(scene.version, "1.0.0", tail(scene));
      // Said once, and not with every question.
      const said = scene.device.lines.filter((line) => line.includes("error: validate"));
      assert.equal(said.length, what === "a promise of false" ? 0 : 1, said.join("\n"));
    });
  }

  it("by a promise that comes to true after the trial has ended", async () => {
    const pending: ((passed: boolean) => void)[] = [];
    const changePlatform = withSlots(() => ({
      revert: () => {
        throw new Error("worn out");
      },
    }));
    const scene = await onTrial(() => new Promise<boolean>((passed) => pending.push(passed)), { changePlatform });
    // The device cannot go back, and stays on trial.
    await scene.run(() => false, 3 * minute);
    assert.equal(pending.length, 1, "not asked again meanwhile");
    pending[0](true);
    await scene.run(() => false, second);
    assert.equal(trialOf(scene), "pending", tail(scene));
    assert.ok(tail(scene).includes("validate has finished"), tail(scene));
    scene.hub.drop();
    await scene.run(() => pending.length === 2, minute);
    pending[1](true);
    assert.ok(await scene.run(() => scene.updated, minute), tail(scene));
  });

  it("by a promise that comes to true after the link was closed, or that closes it", async () => {
    for (const closes of [true, false]) {
      let passed = (_: boolean): void => {};
      const scene = await onTrial(() => {
        if (!closes) return new Promise<boolean>((resolve) => (passed = resolve));
        scene.device.link?.close();
        return true;
      });
      await scene.run(() => scene.hub.joins.length === 2, minute);
      await scene.run(() => false, second);
      scene.device.link?.close();
      passed(true);
      await scene.run(() => false, 5 * second);
      assert.equal(trialOf(scene), "pending", tail(scene));
    }
  });

  it("and a good one is, by true, by a promise of it, and where nobody asks to be asked", async () => {
    for (const validate of [() => true, () => Promise.resolve(true), undefined]) {
      const scene = await onTrial(validate as () => unknown);
      assert.ok(await scene.run(() => scene.updated, minute), tail(scene));
      assert.equal(scene.device.restarts, 1);
    }
  });

  it("a promise is awaited for as long as the trial lasts, and the application is not asked again meanwhile", async () => {
    let asked = 0;
    const scene: UpdateScene = await onTrial(() => {
      asked++;
      return new Promise((passed) => scene.timers.set(() => passed(true), 45 * second));
    });
    await scene.run(() => asked === 1, minute);
    // Nor by another join.
    scene.hub.drop();
    assert.ok(await scene.run(() => scene.updated, 59 * second), tail(scene));
    assert.ok(scene.hub.joins.length > 2, "joined again");
    assert.equal(asked, 1);
  });

  it("confirmUpdate() from inside it ends the questions", async () => {
    let asked = 0;
    const scene: UpdateScene = await onTrial(() => {
      asked++;
      scene.device.link?.confirmUpdate();
      return false;
    });
    assert.ok(await scene.run(() => scene.updated, minute), tail(scene));
    await scene.run(() => false, 5 * minute);
    assert.equal(asked, 1);
    assert.equal(scene.device.restarts, 1);
  });
});

describe("updateAvailable may return a promise", () => {
  it("which is waited for", async () => {
    const decisions = ["later", "apply"];
    const scene: UpdateScene = new UpdateScene({
      before,
      after,
      link: {
        client: {
          updateAvailable: () =>
            new Promise((decide) =>
              scene.timers.set(
                () => decide(decisions.shift() === "later" ? { reschedule: 5000 } : "apply"),
                20 * second,
              ),
            ),
        },
      },
    });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.equal(scene.hub.offers, 2);
  });

  it("and starts nothing when the link was closed meanwhile", async () => {
    const scene: UpdateScene = new UpdateScene({
      before,
      after,
      link: {
        client: {
          updateAvailable: () => new Promise((decide) => scene.timers.set(() => decide("apply"), 20 * second)),
        },
      },
    });
    scene.device.powerOn();
    await scene.run(() => scene.hub.offers === 1, minute);
    await scene.run(() => false, second);
    scene.device.link?.close();
    await scene.run(() => false, 5 * minute);
    assert.equal(scene.files.requests, 0);
    assert.equal(scene.timers.nextMs, undefined, "no timer is left");
  });
});
