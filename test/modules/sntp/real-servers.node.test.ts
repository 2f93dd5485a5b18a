import { createSocket } from "node:dgram";
import { NodeClock } from "../../../hosts/node/clock.js";
import { nodeRandom } from "../../../hosts/node/crypto.js";
import { NodeTimers } from "../../../hosts/node/timers.js";
import type { OpenDatagrams } from "../../../modules/sntp/exchange.js";
import { startTimeServers } from "../../../tools/xs/time-servers.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { askRealServer, wanted } from "../../support/time-servers.js";

const openDatagrams: OpenDatagrams = (onDatagram) => {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, { address, port }) => onDatagram(bytes, address, port));
  return { send: (bytes, address, port) => socket.send(bytes, port, address), close: () => socket.close() };
};

describe("item 12: SNTP over real sockets, on Node", () => {
  let servers: Awaited<ReturnType<typeof startTimeServers>>;
  before(async () => {
    servers = await startTimeServers();
  });
  after(() => servers.close());

  const platform = { timers: new NodeTimers(() => {}), clock: new NodeClock(), random: nodeRandom };
  for (const [index, [name, outcome]] of wanted.entries())
    it(name, async () => assert.match(await askRealServer(platform, openDatagrams, servers.ports[index]), outcome));
});
