/*
 * Flash and store that refuse: every single operation of an update, once and for good. The device stays alive, says how
 * the update ended, and takes the next offer.
 */

import type { Platform } from "../../../modules/platform/platform.js";
import { FaultyFlash, type Operation, slowFlashMs } from "../../support/faulty-flash.js";
import { assert, describe, fixture, it, report, stride } from "../../support/harness.js";
import { image, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 135168);

/** The boot loader is not ours: refusals come while the application runs. */
function worn(options: Partial<SceneOptions> = {}): { scene: UpdateScene; flash: FaultyFlash } {
  let flash: FaultyFlash | undefined;
  const changePlatform = (platform: Platform): Platform => {
    flash!.running = true;
    const restart = (): void => {
      flash!.running = false;
      platform.device.restart();
    };
    return { ...platform, device: { ...platform.device, restart } };
  };
  const newFlash = (size: number): FaultyFlash => {
    flash = new FaultyFlash(size, 16);
    return flash;
  };
  const scene = new UpdateScene({ before, after, ...options, newFlash, changePlatform });
  return { scene, flash: flash! };
}

function tail(scene: UpdateScene, what = ""): string {
  return `${what}\n${scene.device.lines.slice(-25).join("\n")}`;
}

/** Words of every status the hub ever heard. */
function listen(scene: UpdateScene): string[] {
  const said: string[] = [];
  const { hub } = scene;
  let seen: unknown[] = [];
  scene.run = (
    (run) => (done: () => boolean, limitMs: number) =>
      run(() => {
        if (hub.reports !== seen) {
          seen = hub.reports;
          heard = 0;
        }
        for (; heard < hub.reports.length; heard++) {
          const { event, payload } = hub.reports[heard];
          if (event === "status_update") said.push(String(payload["status"]));
        }
        return done();
      }, limitMs)
  )(scene.run.bind(scene));
  let heard = 0;
  return said;
}

describe("update: flash that refuses", () => {
  for (const kind of ["write", "erase", "read"] satisfies Operation[]) {
    it(`one ${kind} that fails, anywhere in an update, ends in words and the update comes through later`, async () => {
      const { scene: good, flash: counted } = worn();
      let operations = 0;
      counted.refuse = (operation) => {
        if (operation === kind) operations++;
        return false;
      };
      good.device.powerOn();
      assert.ok(await good.run(() => good.updated, hour), tail(good));
      let cases = 0;
      // Of the reads most are the same step of a verification.
      const step = stride * (kind === "read" ? 7 : 1);
      for (let at = 1; at <= operations; at += step) {
        const { scene, flash } = worn();
        let count = 0;
        flash.refuse = (operation) => operation === kind && ++count === at;
        scene.device.powerOn();
        // Confirmed firmware that cannot be read at its start says so, and has nothing to go back to.
        if (scene.device.link === undefined) continue;
        const done = await scene.run(() => scene.updated || scene.hub.blocked, 24 * hour);
        assert.ok(done && scene.updated, tail(scene, `${kind} ${at} of ${operations} failed`));
        assert.deepEqual(scene.hub.crashes, [], tail(scene, `${kind} ${at}`));
        assert.ok(
          !scene.device.lines.some((line) => line.includes("a timer callback threw")),
          tail(scene, `${kind} ${at}`),
        );
        cases++;
      }
      report(`${cases} of ${operations} ${kind}s refused, ${cases} updates came through`);
    });
  }

  it("a sector that never takes a byte again ends every attempt as rescheduled, and the device stays", async () => {
    const { scene, flash } = worn();
    const bad = scene.table.slots[1].offset + 65536;
    flash.refuse = (operation, offset, length) => operation !== "read" && offset <= bad && bad < offset + length;
    const said = listen(scene);
    scene.device.powerOn();
    await scene.run(() => said.filter((word) => word === "rescheduled").length === 3, 24 * hour);
    assert.deepEqual(
      said,
      [
        "received",
        "started",
        "rescheduled",
        "received",
        "started",
        "rescheduled",
        "received",
        "started",
        "rescheduled",
      ],
      tail(scene),
    );
    assert.equal(scene.version, "1.0.0");
    assert.equal(scene.device.restarts, 0);
  });

  it("a store that never takes a value ends every attempt in words, and nothing is activated without a record of it", async () => {
    const { scene, flash } = worn();
    const { state } = scene.table;
    flash.refuse = (operation, offset) =>
      operation !== "read" && offset >= state.offset && offset < state.offset + state.size;
    const said = listen(scene);
    scene.device.powerOn();
    await scene.run(() => said.includes("rescheduled") || scene.updated, 24 * hour);
    assert.deepEqual(said, ["received", "rescheduled"], tail(scene));
    assert.equal(scene.version, "1.0.0");
    const deadline = scene.timers.now + hour;
    await scene.run(() => scene.timers.now > deadline, 2 * hour);
    assert.deepEqual(scene.hub.crashes, []);
  });

  it("an image on trial goes back although the store takes nothing", async () => {
    const { scene, flash } = worn({ link: { client: { validate: () => false }, trial: { deadlineMs: minute } } });
    const { state } = scene.table;
    flash.refuse = (operation, offset) =>
      scene.device.restarts === 1 &&
      operation !== "read" &&
      offset >= state.offset &&
      offset < state.offset + state.size;
    scene.device.powerOn();
    await scene.run(() => scene.device.restarts === 2, hour);
    await scene.run(() => false, 3000);
    assert.equal(scene.device.restarts, 2, tail(scene));
    assert.equal(scene.version, "1.0.0");
  });

  it("an image that cannot make a link goes back although the store takes nothing", async () => {
    const link: SceneOptions["link"] = {};
    const { scene, flash } = worn({ link });
    const { state } = scene.table;
    flash.refuse = (operation, offset) =>
      scene.device.restarts === 1 &&
      operation !== "read" &&
      offset >= state.offset &&
      offset < state.offset + state.size;
    scene.device.powerOn();
    await scene.run(() => scene.device.restarts === 1, hour);
    link.port = 99999;
    await scene.run(() => scene.device.restarts === 2, minute);
    link.port = undefined;
    await scene.run(() => false, 3000);
    assert.equal(scene.version, "1.0.0", tail(scene));
  });

  for (const kind of ["image", "delta"]) {
    it(`slow flash never keeps the connection waiting for longer than an erase block (${kind})`, async () => {
      const options =
        kind === "image"
          ? { after: image("1.1.0", 2, 1_200_000) }
          : {
              before: image("1.0.0", 1, 294912),
              after: image("1.1.0", 1, 303104),
              file: fixture("delta/update-1.0.0-1.1.0.patch"),
            };
      const { scene, flash } = worn(options);
      const { timers, device, hub } = scene;
      flash.spend = (ms) => {
        timers.now += ms;
      };
      device.powerOn();
      let longest = 0;
      let due = timers.now;
      const done = await scene.run(() => {
        // Of one callback: from the moment it was due until the next can be served.
        longest = Math.max(longest, timers.now - due);
        due = timers.now + (timers.nextMs ?? 0);
        return hub.reports.some(({ event }) => event === "rebooting");
      }, hour);
      assert.ok(done, tail(scene));
      report(`longest stall ${longest} ms`);
      assert.ok(longest >= slowFlashMs.block && longest <= slowFlashMs.block + 400, `${longest} ms`);
      assert.equal(hub.joins.length, 1);
    });
  }
});
