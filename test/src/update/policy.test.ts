/*
 * What the application decides, what the trial decides, and which word the server hears for it.
 */

import type { Client, Decision, Update } from "../../../src/client.js";
import type { LinkOptions } from "../../../src/options.js";
import type { LinkWithFeatures } from "../../support/all-features.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, UpdateScene } from "../../support/update-scene.js";
import { hubPort } from "../../support/virtual-device.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

function tail(scene: UpdateScene): string {
  return scene.device.lines.slice(-25).join("\n");
}

function statuses(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

function scene(client: Client, more: object = {}): UpdateScene {
  return new UpdateScene({ before, after, link: { client, ...more } });
}

describe("update: policy", () => {
  it("shows the application what is offered", async () => {
    const seen: Update[] = [];
    const world = scene({
      updateAvailable: (update) => {
        seen.push(update);
        return "apply";
      },
    });
    world.device.powerOn();
    await world.run(() => world.updated, hour);
    assert.equal(seen.length, 1);
    assert.equal(seen[0].version, "1.1.0");
    assert.equal(seen[0].size, after.byteLength);
    assert.equal(seen[0].manual, false);
  });

  it("ignore is one word, and nothing is downloaded", async () => {
    const world = scene({ updateAvailable: () => "ignore" });
    world.device.powerOn();
    await world.run(() => world.hub.blocked, hour);
    assert.deepEqual(statuses(world), ["received", "ignored"]);
    assert.equal(world.files.requests, 0);
  });

  it("reschedule is told in milliseconds, and the next offer is taken with its own URL", async () => {
    const decisions: Decision[] = [{ reschedule: 7 * minute, reason: "valve is open" }, "apply"];
    const world = scene({ updateAvailable: () => decisions.shift() ?? "ignore" });
    world.device.powerOn();
    await world.run(() => statuses(world).includes("rescheduled"), hour);
    const said = world.hub.reports.find(({ payload }) => payload["status"] === "rescheduled");
    assert.deepEqual(said?.payload, { status: "rescheduled", delay_for: 7 * minute, reason: "valve is open" });
    const at = world.timers.now;
    assert.ok(await world.run(() => world.updated, hour), tail(world));
    assert.ok(world.timers.now - at >= 7 * minute);
    assert.equal(world.hub.offers, 2);
  });

  for (const [reschedule, said] of [
    [1e300, 365 * 24 * hour],
    [Number.NaN, 2 * minute],
    [-5, 2 * minute],
    [0.4, 0],
  ]) {
    it(`a delay of ${reschedule} is told as a whole number`, async () => {
      const world = scene({ updateAvailable: () => ({ reschedule }) });
      world.device.powerOn();
      await world.run(() => statuses(world).includes("rescheduled"), hour);
      const last = world.hub.reports.find(({ payload }) => payload["status"] === "rescheduled");
      assert.equal(last?.payload["delay_for"], said);
      assert.deepEqual(world.hub.crashes, []);
    });
  }

  it("an application that throws has the update offered again later", async () => {
    let calls = 0;
    const world = scene({
      updateAvailable: () => {
        if (calls++ === 0) throw new Error("no idea");
        return "apply";
      },
    });
    world.device.powerOn();
    assert.ok(await world.run(() => world.updated, hour), tail(world));
  });

  it("progress is told in whole percent, rising, ending at 100", async () => {
    const seen: number[] = [];
    const world = scene({ progress: (percent) => void seen.push(percent) });
    world.device.powerOn();
    await world.run(() => world.device.restarts === 1, hour);
    assert.equal(seen[seen.length - 1], 100);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i] > seen[i - 1] && Number.isInteger(seen[i]));
  });

  it("a second offer during an update is put off, the same one again gives it a fresh URL", async () => {
    const world = scene({});
    world.files.answer = ({ number }) => {
      if (number > 1) return undefined;
      world.hub.push("update", { ...otherOffer, firmware_url: "http://files.test:4001/x" });
      world.hub.offer();
      return { cutAfter: 4500 };
    };
    world.device.powerOn();
    assert.ok(await world.run(() => world.updated, hour), tail(world));
    assert.ok(tail(world).includes("is put off"), tail(world));
    assert.deepEqual(world.hub.crashes, []);
  });

  it("update_available: false and offers without a URL start nothing", async () => {
    const world = scene({});
    world.hub.blocked = true;
    world.device.powerOn();
    await world.run(() => world.hub.joins.length > 0, minute);
    world.hub.push("update", { update_available: false, firmware_url: null, firmware_meta: null });
    await world.run(() => false, minute);
    assert.deepEqual(statuses(world), []);
    world.hub.inFlight = true;
    world.hub.push("update", { ...otherOffer, firmware_url: "" });
    await world.run(() => statuses(world).length > 1, minute);
    assert.deepEqual(statuses(world), ["received", "failed"]);
    assert.equal(world.files.requests, 0);
  });

  it("an offer of the running firmware is answered once, without a download", async () => {
    const same = new UpdateScene({ before: after, after: before });
    same.device.powerOn();
    await same.run(() => same.hub.joins.length > 0, minute);
    same.hub.inFlight = true;
    same.hub.push("update", {
      update_available: true,
      firmware_url: "http://files.test:4001/x",
      firmware_meta: { uuid: same.hub.uuid, version: "1.1.0" },
      deployment_id: null,
    });
    await same.run(() => statuses(same).includes("ignored"), minute);
    assert.equal(same.files.requests, 0);
  });

  it("a callback that rejects is logged and ends nothing", async () => {
    const rejecting = (): Promise<void> => Promise.reject(new Error("no display"));
    const world = scene({ progress: rejecting, connected: rejecting, error: rejecting } as Client);
    world.device.powerOn();
    assert.ok(await world.run(() => world.updated, hour), tail(world));
    assert.ok(world.device.lines.some((line) => line.includes("progress rejected: no display")));
  });

  it("waits for the application's reboot, but not for ever", async () => {
    const world = scene({ reboot: () => new Promise(() => {}) }, { rebootDeadlineMs: 20000 });
    world.device.powerOn();
    await world.run(() => statuses(world).includes("completed"), hour);
    const at = world.timers.now;
    await world.run(() => world.device.restarts === 1, hour);
    const waited = world.timers.now - at;
    assert.ok(waited >= 20000 && waited < 21000, `${waited} ms`);
  });

  it("close() in the middle of a download ends it without a word", async () => {
    const world = scene({ progress: (percent) => percent >= 40 && world.device.link?.close() });
    world.device.powerOn();
    await world.run(() => false, hour);
    assert.equal(world.version, "1.0.0");
    assert.equal(world.hub.reports.filter(({ payload }) => payload["status"] === "failed").length, 0);
  });
});

const otherOffer = {
  update_available: true,
  firmware_meta: { uuid: "00000000-0000-0000-0000-000000000000", version: "9.9.9" },
  size: 5000,
  deployment_id: 7,
};

describe("update: trial", () => {
  it("confirms nothing before the server has accepted the join", async () => {
    const world = scene({});
    world.device.powerOn();
    await world.run(() => world.device.restarts === 1, hour);
    world.hub.reachable = false;
    await world.run(() => world.version === "1.1.0", minute);
    await world.run(() => false, 5 * minute);
    assert.equal(world.device.platform?.slots.trial, "pending");
    world.hub.reachable = true;
    assert.ok(await world.run(() => world.updated, 5 * minute), tail(world));
    assert.equal(world.device.platform?.slots.trial, "confirmed");
  });

  it("goes back by itself when the new image never reaches the server, and says so", async () => {
    const world = scene({});
    world.device.powerOn();
    await world.run(() => world.device.restarts === 1, hour);
    world.hub.reachable = false;
    assert.ok(await world.run(() => world.device.restarts === 2, 11 * minute), tail(world));
    await world.run(() => false, 2000);
    assert.equal(world.version, "1.0.0");
    world.hub.reachable = true;
    world.hub.blocked = true;
    await world.run(() => world.hub.joins.length === 2, 5 * minute);
    const meta = world.hub.joins[1]["meta"];
    assert.deepEqual(meta, { firmware_validated: true, firmware_auto_revert_detected: true });
    assert.ok(tail(world).includes("did not stay"), tail(world));
  });

  it("asks the application until it agrees", async () => {
    let asked = 0;
    const world = scene({ validate: () => ++asked >= 3 });
    world.device.powerOn();
    assert.ok(await world.run(() => world.updated, hour), tail(world));
    assert.equal(asked, 3);
  });

  it("an image that cannot even make a link goes back by itself", async () => {
    const link: Partial<LinkOptions> = {};
    const world = new UpdateScene({ before, after, link });
    world.device.powerOn();
    await world.run(() => world.device.restarts === 1, hour);
    link.port = 99999;
    await world.run(() => world.device.restarts === 2, minute);
    link.port = hubPort;
    world.hub.blocked = true;
    await world.run(() => world.hub.joins.length === 2, 5 * minute);
    assert.equal(world.version, "1.0.0");
    assert.ok(tail(world).includes('Option "port"'), tail(world));
  });

  it("an image whose commands or extensions are refused goes back by itself", async () => {
    const link: LinkWithFeatures = {};
    const world = new UpdateScene({ before, after, link });
    world.device.powerOn();
    await world.run(() => world.device.restarts === 1, hour);
    link.commands = [{ name: "two words", help: "", run: () => {} }];
    await world.run(() => world.device.restarts === 2, minute);
    link.commands = [];
    await world.run(() => false, 3000);
    assert.equal(world.version, "1.0.0", tail(world));
  });

  it("firmware that was reverted twice is refused, and an operator's own push still lands", async () => {
    const world = scene({ validate: () => false }, { trial: { deadlineMs: minute } });
    world.device.powerOn();
    assert.ok(await world.run(() => world.hub.blocked, 24 * hour), tail(world));
    assert.equal(world.device.restarts, 4);
    assert.equal(world.version, "1.0.0");
    const refused = world.hub.reports.find(({ payload }) => payload["status"] === "failed");
    assert.match(String(refused?.payload["reason"]), /went back from this firmware 2 times/);
    const requests = world.files.requests;
    world.hub.push("update", {
      update_available: true,
      firmware_url: "http://files.test:4001/x",
      firmware_meta: { uuid: newUuid(world), version: "1.1.0" },
      size: after.byteLength,
      deployment_id: null,
    });
    await world.run(() => world.device.restarts === 5, hour);
    assert.ok(world.files.requests > requests);
    assert.equal(world.device.restarts, 5, tail(world));
  });
});

function newUuid(world: UpdateScene): unknown {
  const said = world.device.lines.find((line) => line.includes("Running virtual 1.1.0")) ?? "";
  return /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(said)?.[0];
}
