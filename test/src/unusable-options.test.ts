/*
 * A link that cannot be made says why on the console, also where the application does not catch the fault: an engine may end
 * it without a word (XS in release says "unhandled exception").
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Feature } from "../../src/feature.js";
import type { LinkOptions } from "../../src/options.js";
import { assert, describe, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import { image, UpdateScene } from "../support/update-scene.js";

const secret = "a-secret-that-nobody-prints";
const key = "nhp_abc";

/** A feature that cannot be installed. @param message of the fault that it throws */
const broken = (message: string): Feature => ({
  install: () => {
    throw new Fault("options", "bad-option", message);
  },
});

const hour = 3600000;

/** A device that updates itself to an image which refuses its own options. */
function sceneWith(changePlatform: (platform: Platform) => Platform): UpdateScene {
  const scene: UpdateScene = new UpdateScene({
    before: image("1.0.0", 1, 8192),
    after: image("1.1.0", 2, 20480),
    changePlatform,
    link: {
      get name() {
        return scene.version === "1.1.0" ? "" : "nerveshub";
      },
    },
  });
  scene.device.powerOn();
  return scene;
}

describe("12 a link that cannot be made", () => {
  it("prints the sentence of a missing or wrong option, once", () => {
    for (const [options, sentence] of [
      [{ host: undefined }, 'Option "host" must be a text that is not empty.'],
      [{ port: 0 }, 'Option "port" must be a whole number from 1 to 65535.'],
      [{ logLevel: "warn" }, 'Option "logLevel" must be one of debug, info, notice, warning, error.'],
    ] as const)
      assert.deepEqual(new LinkScene(options as Partial<LinkOptions>).lines, [sentence]);
  });

  it("prints no secret, wherever it was put by mistake", () => {
    for (const auth of [
      { productKey: secret, productSecret: key },
      { productKey: key, productSecret: ` ${secret}` },
      { productKey: key, productSecret: `${secret}\n` },
      { productKey: key, productSecret: `nhp_${secret}` },
      { productKey: `${key}\u00e4${secret}`, productSecret: secret },
      { productKey: key, productSecret: secret, identifier: `${secret} ` },
      { certificate: secret, key: secret },
    ] as LinkOptions["auth"][]) {
      const { lines } = new LinkScene({ auth });
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.ok(!lines[0].includes(secret), lines[0]);
    }
  });

  it("prints what a feature's installation threw, without a secret or a signed query", () => {
    const auth = { productKey: key, productSecret: secret, identifier: "virtual" };
    const features = [broken(`no broker for ${secret} at https://a.example/?sig=0123456789`)];
    const { lines } = new LinkScene({ auth, features });
    assert.equal(lines.filter((line) => line.includes("no broker for")).length, 1, lines.join("\n"));
    assert.ok(lines.includes("no broker for [redacted] at https://a.example/?[redacted]"), lines.join("\n"));
  });

  it("names the reason of an image on trial once", async () => {
    const scene = sceneWith((platform) => platform);
    const { lines } = scene.device;
    const failed = (line: string): boolean => line.includes("has failed its trial");
    assert.ok(await scene.run(() => lines.some(failed), hour), lines.slice(-20).join("\n"));
    assert.deepEqual(
      lines.filter((line) => line.includes('"name"')),
      [
        'The new image has failed its trial. Option "name" must be a text that is not empty. The device goes back to the old one.',
      ],
    );
  });

  it("goes back though the console fails", async () => {
    const scene: UpdateScene = sceneWith((platform) => ({
      ...platform,
      print: (line) => {
        if (line.includes("failed its trial")) throw new Error("the console is gone");
        platform.print(line);
      },
    }));
    const isBack = (): boolean => scene.device.restarts === 2 && scene.version === "1.0.0";
    assert.ok(await scene.run(isBack, hour), scene.device.lines.slice(-20).join("\n"));
  });
});
