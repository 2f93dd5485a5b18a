/*
 * The desk hub stands still for nobody: what a stranger can make it compute, hold or wait for is bounded. Work is
 * counted, never timed.
 */

import { EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import {
  maxDerivedKeyBytes,
  maxIterations,
  maxLoginsAtOnce,
  maxWaitingConnections,
} from "../../../tools/hub/limits.js";
import { checkSharedSecret, type DeriveKey } from "../../../tools/hub/shared-secret.js";
import { WaitingConnections } from "../../../tools/hub/waiting-connections.js";
import { afterEach, assert, describe, it } from "../../support/harness.js";
import { Desk, loginHeaders, productKey, startMs } from "../../support/hub/desk.js";

/** A login as a stranger makes it who knows the key and not the secret. */
function stranger(algorithm: string): ReadonlyMap<string, string> {
  const headers = new Map(Object.entries(loginHeaders("stranger", startMs)));
  headers.set("x-nh-alg", algorithm);
  return headers;
}

describe("desk hub, strangers: PBKDF2", () => {
  async function asked(algorithm: string): Promise<{ why: string; calls: number[][] }> {
    const calls: number[][] = [];
    const deriveKey: DeriveKey = async (_secret, _salt, iterations, length) => {
      calls.push([iterations, length]);
      return new Uint8Array(length);
    };
    const secretOf = (key: string) => (key === productKey.key ? productKey.secret : undefined);
    const outcome = await checkSharedSecret(stranger(algorithm), secretOf, { now: () => startMs }, deriveKey);
    return { why: "why" in outcome ? outcome.why : "accepted", calls };
  }

  for (const [iterations, bytes] of [
    [1_000_000, 4096],
    [maxIterations + 1, 32],
    [1000, maxDerivedKeyBytes + 1],
    ["9".repeat(400), 32],
    [1, "9".repeat(400)],
  ]) {
    it(`computes nothing for ${String(iterations).slice(0, 9)} iterations and ${String(bytes).slice(0, 9)} bytes`, async () => {
      const { why, calls } = await asked(`NH1-HMAC-sha256-${iterations}-${bytes}`);
      assert.deepEqual(calls, []);
      assert.match(why, /this hub stops at 10000 iterations and 64 bytes of key/);
    });
  }

  it("computes once, at the bound", async () => {
    const { why, calls } = await asked(`NH1-HMAC-sha512-${maxIterations}-${maxDerivedKeyBytes}`);
    assert.deepEqual(calls, [[maxIterations, maxDerivedKeyBytes]]);
    assert.match(why, /the signature does not match/);
  });

  describe("while it runs", () => {
    let desk: Desk;
    let release: () => void = () => {};
    const sockets: WebSocket[] = [];

    afterEach(async () => {
      release();
      for (const socket of sockets.splice(0)) socket.terminate();
      await desk.stop();
    });

    /** A desk on which no key is ever derived before `release`. */
    async function stuck(): Promise<{ started: Promise<void> }> {
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      let begun: () => void = () => {};
      const started = new Promise<void>((resolve) => {
        begun = resolve;
      });
      let count = 0;
      const deriveKey: DeriveKey = async (_secret, _salt, _iterations, length) => {
        if (++count === maxLoginsAtOnce) begun();
        await gate;
        return new Uint8Array(length);
      };
      desk = await new Desk({ deriveKey }).start();
      return { started };
    }

    function login(): WebSocket {
      const url = `ws://127.0.0.1:${desk.hub.port}/device-socket/websocket?vsn=2.0.0`;
      const socket = new WebSocket(url, { headers: loginHeaders("stranger", startMs) });
      socket.on("error", () => undefined);
      sockets.push(socket);
      return socket;
    }

    it("answers others, and turns away what is more than a fleet", async () => {
      const { started } = await stuck();
      for (let i = 0; i < maxLoginsAtOnce; i++) login();
      await started;
      const alive = await fetch(`http://127.0.0.1:${desk.hub.port}/status/alive`);
      assert.equal(alive.status, 200);
      const status = await new Promise((resolve) =>
        login().once("unexpected-response", (request, response) => {
          resolve(response.statusCode);
          request.destroy();
        }),
      );
      assert.equal(status, 503);
    });
  });
});

describe("desk hub, strangers: connections", () => {
  class Peer extends EventEmitter {
    readonly remoteAddress = "127.0.0.1";
    readonly remotePort: number;
    destroyed = false;

    constructor(remotePort: number) {
      super();
      this.remotePort = remotePort;
    }

    destroy(): void {
      this.destroyed = true;
      this.emit("close");
    }
  }
  const socketOf = (peer: Peer) => peer as unknown as Socket;

  it("that send no request push out those that wait longest, and nobody who spoke", () => {
    const waiting = new WaitingConnections();
    const spoke = new Peer(1);
    waiting.opened(socketOf(spoke));
    waiting.done(socketOf(new Peer(1)));
    const silent = Array.from({ length: maxWaitingConnections + 5 }, (_, i) => new Peer(i + 2));
    for (const peer of silent) waiting.opened(socketOf(peer));
    assert.equal(silent.filter(({ destroyed }) => destroyed).length, 5);
    assert.ok(silent.slice(0, 5).every(({ destroyed }) => destroyed));
    assert.ok(!spoke.destroyed);
    assert.equal(waiting.size, maxWaitingConnections);
    for (const peer of silent) peer.destroy();
    assert.equal(waiting.size, 0);
  });

  it("that were refused are closed on both sides, whatever the stranger keeps open", async () => {
    const desk = await new Desk().start();
    const socket = connect({ port: desk.hub.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined);
    socket.write(
      "GET /device-socket/websocket?vsn=1 HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    );
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString();
    });
    await new Promise((resolve) => socket.once("end", resolve));
    assert.match(answer, /^HTTP\/1\.1 403 /);
    // A half that still listens takes this without a word; one that is gone answers with a reset.
    const reset = new Promise((resolve) => socket.once("close", resolve));
    const write = (): void => {
      if (socket.destroyed) return;
      socket.write("x", () => setImmediate(write));
    };
    write();
    await reset;
    await desk.stop();
  });
});

describe("desk hub, strangers: devices that do harm", () => {
  let desk: Desk;
  afterEach(() => desk.stop());

  it("that ask and never read are cut off", async () => {
    desk = await new Desk().start();
    const device = await desk.device("d");
    device.socket.pause();
    const beat = JSON.stringify([null, "r".repeat(8000), "phoenix", "heartbeat", {}]);
    const cut = new Promise<void>((resolve) =>
      desk.hub.onEvent(({ text }) => text.includes("does not read") && resolve()),
    );
    const send = (): void => {
      if (device.socket.readyState === WebSocket.OPEN) device.socket.send(beat, () => setImmediate(send));
    };
    for (let i = 0; i < 16; i++) send();
    await cut;
  });

  for (const [what, frame] of [
    ["brackets", `[null,"1","device","x",${"[".repeat(200_000)}${"]".repeat(200_000)}]`],
    ["objects", `[null,"1","device","x",${'{"a":'.repeat(5000)}1${"}".repeat(5000)}]`],
    ["a deep ref", `[null,${"[".repeat(5000)}${"]".repeat(5000)},"phoenix","heartbeat",{}]`],
    ["a long ref", JSON.stringify([null, "r".repeat(100_000), "phoenix", "heartbeat", {}])],
    ["a long event", JSON.stringify([null, "1", "device", "e".repeat(100_000), {}])],
  ]) {
    it(`that send ${what} lose their socket with 1011, and it is no defect`, async () => {
      desk = await new Desk().start();
      const device = await desk.device("d");
      const closed = new Promise((resolve) => device.socket.once("close", resolve));
      device.socket.send(frame);
      assert.equal(await closed, 1011);
      assert.ok(!desk.hub.timeline.entries().some(({ kind }) => kind === "defect"));
    });
  }
});
