/*
 * Issue 12, item 1: features. What one does wrong costs nothing else; a link without any does what firmware needs; and what a
 * device leaves out is refused in words.
 */

import type { Feature } from "../../src/feature.js";
import { Console } from "../../src/features/console/console.js";
import { Health } from "../../src/features/health/health.js";
import { assert, describe, fixture, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import { image, UpdateScene } from "../support/update-scene.js";

const second = 1000;
const minute = 60 * second;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

/** Nothing but the core. */
const bare = {
  health: false,
  metrics: false,
  alarms: false,
  errorReports: false,
  logging: false,
  formats: [],
} as const;

const boom = (): never => {
  throw new Error("boom");
};

describe("12.1 a feature that fails", () => {
  for (const hook of ["start", "channel", "commands", "joining", "online", "message", "updating", "offline", "close"]) {
    it(`in ${hook} is named in the log and costs nothing else`, async () => {
      const scene = new UpdateScene({
        before,
        after,
        link: { console: true, features: [{ [hook]: boom } as Feature] },
      });
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, 30 * minute), scene.device.lines.slice(-20).join("\n"));
      if (hook === "message") {
        scene.hub.push("something", {});
        await scene.run(() => false, second);
      }
      scene.device.link?.close();
      assert.ok(
        scene.device.lines.some((line) => line.includes("boom")),
        scene.device.lines.join("\n"),
      );
      assert.deepEqual(scene.hub.crashes, []);
    });
  }

  it("in install is an error of the link's construction, as a wrong option is", () => {
    assert.throws(
      () => new LinkScene({ features: [{ install: boom }] }),
      ({ message }) => message === "boom",
    );
  });

  it("passed twice is installed once", () => {
    let installed = 0;
    const feature: Feature = {
      install: () => {
        installed++;
      },
    };
    const scene = new LinkScene({ features: [feature, feature] });
    scene.advance(10 * second);
    assert.equal(installed, 1);
    assert.equal(scene.device.link?.connected, true);
  });
});

describe("12.1 the core alone", () => {
  it("joins, takes a whole image, and confirms it", async () => {
    const scene = new UpdateScene({ before, after, link: bare });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, 30 * minute), scene.device.lines.slice(-20).join("\n"));
  });

  it("passes over what the server says of features that it has not", () => {
    const scene = new LinkScene({ ...bare });
    scene.advance(10 * second);
    for (const [event, payload] of [
      ["extensions:get", {}],
      ["archive", { uuid: "x", url: "http://files.test/a", size: 5 }],
      ["fwup_public_keys", { keys: ["x"] }],
      ["update_mode", { mode: "automatic" }],
    ] as const)
      scene.server.socket.send(null, null, "device", event, payload);
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
    assert.equal(scene.server.sockets.length, 1);
  });
});

describe("12.1 what a device leaves out", () => {
  it("a delta is refused in words, and put off: who runs the server can switch deltas off", async () => {
    const file = fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch");
    const scene = new UpdateScene({ before, after, file, link: { formats: [] } });
    scene.device.powerOn();
    const statuses = (): Record<string, unknown>[] =>
      scene.hub.reports.filter(({ event }) => event === "status_update").map(({ payload }) => payload);
    assert.ok(await scene.run(() => statuses().some(({ status }) => status === "rescheduled"), 10 * minute));
    const { reason } = statuses().find(({ status }) => status === "rescheduled") ?? {};
    assert.match(String(reason), /takes whole images only: switch deltas off in the deployment group/);
    assert.equal(scene.files.requests, 1);
    assert.equal(scene.version, "1.0.0");
  });

  it("a console is joined only where it was passed in", () => {
    for (const features of [[new Health()], [new Health(), new Console()]]) {
      const scene = new LinkScene({ ...bare, features });
      scene.advance(10 * second);
      const joins = scene.server.socket.received.filter(
        ([, , topic, event]) => topic === "console" && event === "phx_join",
      );
      assert.equal(joins.length, features.length - 1);
    }
  });
});
