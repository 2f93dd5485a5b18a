/*
 * What must not grow the stack: callbacks that come at once, and lists that are as long as an application likes. XS has
 * 1,024 slots of it, and an overflow restarts the device. (Commands: test/features/console/instant-commands.test.ts.)
 */

import type { ByteStreamListener, ByteStreamOptions } from "../../modules/platform/byte-stream.js";
import { decodeCertificates } from "../../modules/x509/encoded.js";
import { Commands } from "../../src/features/console/commands.js";
import { assert, describe, it, stackInUse } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import { httpAnswer } from "../support/socket-server.js";
import { Stage } from "../support/stage.js";

/** More than there are slots. */
const many = 1500;

describe("stack: what comes at once, again and again", () => {
  it("an application that reconnects whenever an attempt fails, where each fails at once", () => {
    const depths: number[] = [];
    const error = () => {
      depths.push(stackInUse());
      if (depths.length < 100) scene.device.link?.reconnect();
    };
    const scene = new LinkScene({ client: { error } }, "unknown");
    // The signature wants the last known time, and the store is worn out.
    const get = () => {
      throw new Error("worn out");
    };
    Object.defineProperty(scene.device.platform!.store, "get", { value: get });
    scene.advance(6000);
    assert.ok(depths.length >= 100);
    assert.equal(new Set(depths.slice(1)).size, 1, depths.slice(0, 8).join(" "));
  });

  it("redirects are followed in a turn of their own", () => {
    const scene = new LinkScene();
    let answers = 0;
    const opened: number[] = [];
    const { network } = scene.device.platform!;
    const open = network.open.bind(network);
    const watched = (options: ByteStreamOptions, listener: ByteStreamListener) => {
      opened.push(stackInUse());
      return open(options, listener);
    };
    Object.defineProperty(network, "open", { value: watched });
    scene.server.answer = () => {
      answers++;
      return answers > 5
        ? undefined
        : httpAnswer(302, "location: http://hub.test:4000/device-socket/websocket?vsn=2.0.0");
    };
    scene.advance(5000);
    assert.equal(scene.device.link?.connected, true);
    assert.equal(opened.length, 5);
    assert.equal(new Set(opened).size, 1, opened.join(" "));
  });
});

describe("stack: long lists", () => {
  it("help of many commands", () => {
    const commands = Array.from({ length: many }, (_, i) => ({ name: `command-${i}`, help: "", run: () => {} }));
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    const table = new Commands(commands);
    table.install(new Stage().core);
    assert.equal(table.run({ line: "help", columns: 80, print, done: () => {} }), "done");
    assert.ok(lines.length > 50 && lines.at(-1)!.includes("cut off"));
  });

  it("many roots", () => {
    const roots = Array.from({ length: many }, () => new Uint8Array([0x30, 0]));
    assert.equal(decodeCertificates("roots", roots).length, many);
  });
});
