/*
 * What can come in between at any moment of an update: close() and another link, reconnect(), a lost connection, another
 * offer. At every step of the whole, since the moment is what such faults are about.
 */

import type { Client } from "../../../src/client.js";
import { FaultyFlash } from "../../support/faulty-flash.js";
import { assert, describe, fixture, it, report, stride } from "../../support/harness.js";
import { image, type SceneOptions, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const hour = 60 * minute;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 20480);
const delta: Partial<SceneOptions> = {
  before: image("1.0.0", 1, 294912),
  after: image("1.1.0", 1, 303104),
  file: fixture("delta/update-1.0.0-1.1.0.patch"),
};
const terminal = ["failed", "ignored", "rescheduled", "completed"];

function sceneOf(options: Partial<SceneOptions> = {}): UpdateScene {
  return new UpdateScene({ before, after, ...options });
}

function tail(scene: UpdateScene, what = ""): string {
  return `${what}\n${scene.device.lines.slice(-30).join("\n")}`;
}

/** Does `deed` after `steps` timers of an update. @returns false when the update was over before */
async function disturb(scene: UpdateScene, steps: number, deed: () => void): Promise<boolean> {
  scene.device.powerOn();
  let step = 0;
  const reached = await scene.run(() => scene.updated || step++ === steps, hour);
  if (!reached || scene.updated) return false;
  deed();
  return true;
}

function said(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

function whole(scene: UpdateScene, what: string): void {
  assert.deepEqual(scene.hub.crashes, [], tail(scene, what));
  assert.deepEqual(scene.hub.phantoms, [], tail(scene, what));
  assert.ok(!scene.device.lines.some((line) => line.includes("a timer callback threw")), tail(scene, what));
  assert.equal(scene.version, "1.1.0", tail(scene, what));
}

describe("update: interrupted at every step", () => {
  const deeds: [string, (scene: UpdateScene) => void][] = [
    [
      "close() and another link on the same host",
      (scene) => {
        scene.device.link?.close();
        scene.device.relink();
      },
    ],
    ["reconnect()", (scene) => scene.device.link?.reconnect()],
    ["a lost connection", (scene) => scene.hub.drop()],
    ["the same offer again", (scene) => scene.hub.offerAgain()],
    [
      "another offer",
      (scene) => {
        if (scene.hub.inFlight) scene.hub.push("update", otherOffer);
      },
    ],
    [
      "an operator's reboot",
      (scene) => {
        if (scene.version === "1.0.0") scene.hub.push("reboot", {});
      },
    ],
  ];
  for (const [kind, options] of [
    ["image", {}],
    ["delta", delta],
  ] satisfies [string, Partial<SceneOptions>][]) {
    for (const [name, deed] of deeds) {
      it(`${name} (${kind})`, async () => {
        let cases = 0;
        for (let steps = 0; ; steps += stride * (kind === "delta" ? 2 : 1)) {
          const scene = sceneOf(options);
          if (!(await disturb(scene, steps, () => deed(scene)))) break;
          const what = `${name} at step ${steps}`;
          assert.ok(await scene.run(() => scene.updated, 4 * hour), tail(scene, what));
          whole(scene, what);
          assert.ok(!scene.hub.blocked, tail(scene, what));
          cases++;
        }
        assert.ok(cases * stride > 10, `${cases} steps`);
        report(`${cases} steps`);
      });
    }
  }
});

describe("update: at awkward moments", () => {
  it("the same offer again and again while slow flash works a delta off", async () => {
    let flash: FaultyFlash | undefined;
    const newFlash = (size: number): FaultyFlash => {
      flash = new FaultyFlash(size, 16);
      return flash;
    };
    const scene = sceneOf({ ...delta, newFlash });
    flash!.spend = (ms) => {
      scene.timers.now += ms;
    };
    scene.device.powerOn();
    let steps = 0;
    const done = await scene.run(() => {
      if (scene.files.served > 0 && steps++ % 3 === 0) scene.hub.offerAgain();
      return scene.updated || scene.hub.blocked;
    }, hour);
    assert.ok(done, tail(scene));
    whole(scene, "offered again");
    assert.ok(scene.hub.offers > 10, `${scene.hub.offers} offers`);
  });

  it("close() from inside updateAvailable starts no download", async () => {
    const client: Client = {};
    const scene = sceneOf({ link: { client } });
    client.updateAvailable = () => {
      scene.device.link?.close();
      return "apply";
    };
    scene.device.powerOn();
    await scene.run(() => false, 10 * minute);
    assert.equal(scene.files.requests, 0);
    assert.equal(scene.version, "1.0.0");
  });

  it("reconnect() from inside disconnected makes one connection", async () => {
    const client: Client = {};
    const scene = sceneOf({ link: { client } });
    scene.hub.blocked = true;
    client.disconnected = () => scene.device.link?.reconnect();
    scene.device.powerOn();
    await scene.run(() => scene.hub.joins.length === 1, minute);
    scene.device.link?.reconnect();
    await scene.run(() => false, 10 * minute);
    assert.ok(scene.hub.joins.length <= 3, `${scene.hub.joins.length} joins`);
    assert.equal(scene.device.link?.connected, true);
  });

  it("a download that goes on after a restart is not left for another offer", async () => {
    const scene = sceneOf({ after: image("1.1.0", 2, 300_000) });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 200_000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    await scene.run(() => scene.files.served === 200_000, minute);
    scene.device.powerOff();
    scene.files.answer = ({ number }) => (number === 2 ? { cutAfter: 50_000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    await scene.run(() => scene.hub.joins.length === 2, minute);
    assert.equal(typeof scene.hub.joins[1]["currently_downloading_uuid"], "string");
    scene.hub.push("update", otherOffer);
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    whole(scene, "resumed");
  });

  it("a repair uses the URL that came last", async () => {
    const scene = sceneOf();
    const urls: string[] = [];
    scene.files.answer = ({ number, url }) => {
      urls.push(url);
      if (number > 1) return undefined;
      scene.hub.offerAgain();
      return {
        spoil: (body) => {
          body[5000] ^= 1;
          return body;
        },
      };
    };
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene));
    assert.deepEqual(
      urls.map((url) => /secret-(\d+)/.exec(url)?.[1]),
      ["1", "2"],
    );
  });

  it("an offer that cannot be read is answered after its record was written, also when the connection is lost", async () => {
    const scene = sceneOf();
    scene.hub.blocked = true;
    scene.device.powerOn();
    await scene.run(() => scene.hub.joins.length === 1, minute);
    scene.hub.inFlight = true;
    scene.hub.push("update", { update_available: true, firmware_url: "", firmware_meta: {} });
    const at = scene.timers.now;
    await scene.run(() => scene.device.lines.some((line) => line.includes("without a URL")), minute);
    scene.hub.drop();
    assert.equal(said(scene).length, 0);
    assert.ok(scene.timers.now - at < 100);
    await scene.run(() => said(scene).includes("failed"), 5 * minute);
    assert.deepEqual(scene.hub.crashes, []);
    assert.equal(scene.hub.joins[1]["currently_downloading_uuid"], "unknown");
  });

  it("says the last word once, and nothing after it", async () => {
    const scene = sceneOf({ message: { firmware_meta: { uuid: "00000000-0000-0000-0000-000000000000" } } });
    scene.device.powerOn();
    await scene.run(() => scene.hub.blocked, hour);
    await scene.run(() => false, hour);
    const words = said(scene);
    assert.deepEqual(words, ["received", "started", "failed"], tail(scene));
    const last = scene.hub.reports.findIndex(({ payload }) => terminal.includes(String(payload["status"])));
    assert.deepEqual(scene.hub.reports.slice(last + 1), []);
  });

  it("what the join says follows the update: nothing before, the uuid during, nothing after", async () => {
    const scene = sceneOf();
    scene.files.answer = ({ number }) => (number === 1 ? { status: 404 } : { cutAfter: 4500 });
    scene.device.powerOn();
    await scene.run(() => said(scene).includes("started"), minute);
    await scene.run(() => said(scene).includes("rescheduled"), minute);
    scene.hub.drop();
    await scene.run(() => scene.hub.joins.length === 2, minute);
    assert.equal(scene.hub.joins[0]["currently_downloading_uuid"], undefined);
    assert.equal(scene.hub.joins[1]["currently_downloading_uuid"], undefined);
    await scene.run(() => scene.files.requests === 2, hour);
    scene.hub.drop();
    await scene.run(() => scene.hub.joins.length === 3, minute);
    assert.equal(typeof scene.hub.joins[2]["currently_downloading_uuid"], "string");
  });
});

const otherOffer = {
  update_available: true,
  firmware_url: "http://files.test:4001/x",
  firmware_meta: { uuid: "00000000-0000-0000-0000-000000000000", version: "9.9.9" },
  size: 5000,
  deployment_id: 7,
};
