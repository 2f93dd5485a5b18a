/*
 * What networks do to a whole link, on real sockets. Half-open connections, silent listeners and long outages take
 * minutes of real time and are in connection.test.ts, in virtual time.
 */

import { connect, createServer } from "node:net";
import { NodeNetwork } from "../../../hosts/node/network.js";
import type { Network } from "../../../modules/platform/byte-stream.js";
import { Hub } from "../../../tools/hub/hub.js";
import { afterEach, assert, describe, it } from "../../support/harness.js";
import { NodeLink, productSecret } from "../../support/node-link.js";
import { Listener } from "../../support/tcp-listener.js";

const keys = [{ key: "nhp_desk", secret: productSecret }];

describe("network faults and the whole link, over real sockets", () => {
  let device: NodeLink | undefined;
  const hubs: Hub[] = [];

  afterEach(async () => {
    device?.stop();
    await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
  });

  async function startHub(port = 0): Promise<Hub> {
    const hub = new Hub({ product: "virtual", keys, port });
    await hub.start();
    hubs.push(hub);
    return hub;
  }

  it("a server that is restarted says 1012, refuses for a while, and is joined again", async () => {
    const hub = await startHub();
    const { port } = hub;
    device = new NodeLink({ port }).start();
    await device.joined();
    await hubs.pop()!.stop();
    await device.until(() => device!.reasons.length >= 4);
    await startHub(port);
    await device.joined();
    assert.equal(device.reasons[0], "drained");
    assert.ok(
      device.reasons.slice(1).every((reason) => reason === "connection-refused"),
      device.reasons.join(),
    );
  });

  it("a name that cannot be looked up, and then can, is all the same", async () => {
    const hub = await startHub();
    const network = new NodeNetwork();
    let lookups = 0;
    // The name is looked up in vain twice by the system itself, and leads to the hub from then on.
    const awakening: Network = {
      open: (options, listener) => network.open(++lookups <= 2 ? options : { ...options, host: "127.0.0.1" }, listener),
    };
    device = new NodeLink({ host: "hub.invalid", port: hub.port }, undefined, awakening).start();
    await device.joined();
    assert.equal(device.reasons.length, 2);
    for (const reason of device.reasons) assert.match(reason, /^(host-not-found|dns-unavailable)$/);
  });

  it("a rate limit that closes connections at once ends when there is room", async () => {
    const hub = await startHub();
    let full = 3;
    const front = createServer((socket) => {
      if (full-- > 0) socket.destroy();
      else socket.pipe(connect(hub.port, "127.0.0.1")).pipe(socket);
    });
    const listener = await new Listener(front).start();
    device = new NodeLink({ port: listener.port }).start();
    await device.joined();
    device.stop();
    await listener.stop();
    assert.equal(device.reasons.length, 3);
    for (const reason of device.reasons) assert.match(reason, /^(upgrade-closed|connection-reset)$/);
    assert.match(device.sentences[0], /may expect TLS/);
  });
});
