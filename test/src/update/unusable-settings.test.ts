/*
 * A new image of the flashable app that refuses what the device was given long ago. There is no link then and no deadline,
 * and an event loop that waits for nothing trips no watchdog.
 */

import type { Platform } from "../../../modules/platform/platform.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { readConfiguration } from "../../../src/app-settings.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, UpdateScene } from "../../support/update-scene.js";

const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 20480);
const hour = 3600000;

/** The app with a setting that only the new image refuses, read before there is a link, as src/main.ts does. */
function sceneWith(name: string, value: string): UpdateScene {
  let platform: Platform | undefined;
  const stored = (key: string): Uint8Array | undefined => (key === name ? encodeUtf8(value) : undefined);
  const scene: UpdateScene = new UpdateScene({
    before,
    after,
    changePlatform: (made) => {
      platform = made;
      return made;
    },
    link: {
      get name() {
        const { store } = platform!;
        const get = (key: string): Uint8Array | undefined => stored(key) ?? store.get(key);
        const changed = { get, set: store.set.bind(store), delete: store.delete.bind(store) };
        if (scene.version === "1.1.0") readConfiguration({ ...platform!, store: changed }, {});
        return "nerveshub";
      },
    },
  });
  return scene;
}

describe("app settings on trial", () => {
  for (const [name, value] of [
    ["ssl", "yes"],
    ["log-level", "warn"],
  ]) {
    it(`an image that refuses "${name}" goes back, and the server hears why`, async () => {
      const scene = sceneWith(name, value);
      scene.device.powerOn();
      const reason = (): unknown =>
        scene.hub.reports.find(({ payload }) => payload["status"] === "rescheduled")?.payload;
      const done = await scene.run(() => reason() !== undefined, hour);
      assert.ok(done, scene.device.lines.slice(-20).join("\n"));
      assert.equal(scene.version, "1.0.0");
      assert.match(JSON.stringify(reason()), new RegExp(`went back.*${name}.* must be`));
    });
  }
});
