import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import { afterEach, assert, describe, it } from "../../support/harness.js";
import { answerUpgrade, endlessly } from "../../support/hostile-socket.js";
import { NodeLink } from "../../support/node-link.js";
import { Listener } from "../../support/tcp-listener.js";

/** What a hostile server does with one connection, given the right answer to its upgrade. */
type Deed = (socket: Socket, answer: string) => void;

/** Answers joins and heartbeats, as a hub does. */
function healthyHub() {
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on("connection", (socket) => {
    socket.on("message", (data) => {
      const [joinRef, ref, topic, event] = JSON.parse(data.toString());
      if (event === "phx_join" || event === "heartbeat")
        socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]));
    });
  });
  return http;
}

/** A server of bad deeds, one a connection in their order, and healthy once they are done. */
class HostileServer {
  readonly #hub = healthyHub();
  readonly #listener: Listener;
  #connections = 0;

  constructor(deeds: readonly Deed[]) {
    const server = createServer((socket) => {
      const deed = deeds[this.#connections++];
      if (deed === undefined) {
        this.#hub.emit("connection", socket);
        return;
      }
      socket.setNoDelay(true);
      answerUpgrade(socket, deed);
    });
    this.#listener = new Listener(server);
  }

  async start(): Promise<number> {
    return (await this.#listener.start()).port;
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
  }
}

function frame(opcode: number, payload: string | Buffer, final = true): Buffer {
  const body = Buffer.from(payload);
  const first = (final ? 0x80 : 0) | opcode;
  if (body.byteLength < 126) return Buffer.concat([Buffer.from([first, body.byteLength]), body]);
  const head = Buffer.alloc(body.byteLength < 65_536 ? 4 : 10);
  head[0] = first;
  if (head.byteLength === 4) {
    head[1] = 126;
    head.writeUInt16BE(body.byteLength, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.byteLength), 2);
  }
  return Buffer.concat([head, body]);
}

const text = (message: unknown): Buffer => frame(1, typeof message === "string" ? message : JSON.stringify(message));

/** Upgrades, then says `pieces`, and ends the connection once the device reacts with a close frame. */
function saying(...pieces: Buffer[]): Deed {
  return (socket, answer) => {
    socket.write(Buffer.concat([Buffer.from(answer), ...pieces]));
    socket.on("data", (bytes) => {
      if (bytes.some((byte) => byte === 0x88)) socket.end();
    });
  };
}

const joined = text(["1", "1", "device", "phx_reply", { status: "ok", response: {} }]);

/** Name, what it does, and the code that the device gives. */
const deeds: readonly (readonly [name: string, deed: Deed, code: string])[] = [
  ["a wrong Accept", (socket, answer) => void socket.end(answer.replace(/accept: ./, "accept: -")), "bad-accept"],
  ["101 without an upgrade", (socket) => void socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "bad-upgrade"],
  [
    "10 MB of headers",
    (socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n");
      void endlessly(socket, `x-filler: ${"x".repeat(1000)}\r\n`.repeat(10));
    },
    "head-too-long",
  ],
  ["a page instead", (socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\n<html>Welcome"), "not-a-hub"],
  [
    "13.10: a proxy that drops Upgrade",
    (socket) => void socket.end("HTTP/1.1 426 Upgrade Required\r\n\r\n<html>"),
    "upgrade-dropped",
  ],
  [
    "13.20: a status line that is cut in a character",
    (socket) => void socket.end(Buffer.from("HTTP/1.1 403 Verbot\xc3\r\ncontent-length: 0\r\n\r\n", "latin1")),
    "forbidden",
  ],
  ["13.17: a proxy that restarts", saying(frame(8, Buffer.from("\x03\xe9proxy restarting", "latin1"))), "drained"],
  ["13.17: another device with its identifier", saying(frame(8, Buffer.from([0x03, 0xe9]))), "replaced"],
  ["the greeting of a mail server", (socket) => void socket.end("220 mail.example ESMTP\r\n"), "not-http"],
  ["garbage frames", saying(Buffer.alloc(1000, 0xff)), "reserved-bits"],
  ["an oversize frame", saying(Buffer.from("817f00000000ffffffff", "hex")), "message-too-big"],
  [
    "a message of endless fragments",
    saying(...Array.from({ length: 20 }, (_, i) => frame(i === 0 ? 1 : 0, "x".repeat(5000), false))),
    "message-too-big",
  ],
  [
    "JSON 10,000 levels deep",
    saying(text(`["1","1","device","x",${"[".repeat(10_000)}${"]".repeat(10_000)}]`)),
    "json-too-deep",
  ],
  ["JSON that is none", saying(text("[1,2")), "bad-json"],
  ["JSON that is no frame", saying(text({ topic: "device" })), "bad-frame"],
  ["a frame of numbers", saying(text([1, 2, 3, 4, 5])), "bad-frame"],
  ["invalid UTF-8", saying(frame(1, Buffer.from([0x5b, 0xc3, 0x28, 0x5d]))), "invalid-utf8"],
  ["a binary frame", saying(frame(2, "binary")), "binary-frame"],
  ["a masked frame", saying(Buffer.from("818100000000", "hex")), "masked-frame"],
];

describe("a hostile server and the whole link, over real sockets", () => {
  let server: HostileServer | undefined;
  let device: NodeLink | undefined;

  afterEach(async () => {
    device?.stop();
    await server?.stop();
  });

  async function against(...list: readonly Deed[]): Promise<NodeLink> {
    server = new HostileServer(list);
    device = new NodeLink({ port: await server.start() }).start();
    return device;
  }

  for (const [name, deed, code] of deeds) {
    it(`${name}: ${code}, and then a healthy server is joined`, async () => {
      const link = await against(deed);
      await link.joined();
      assert.deepEqual(link.reasons, [code]);
    });
  }

  it("closing at every byte of the upgrade, plainly and by reset, is a reason each time", async () => {
    const cuts: Deed[] = [];
    for (let at = 0; at <= 129; at++) {
      cuts.push((socket, answer) => void socket.end(answer.slice(0, at)));
      cuts.push((socket, answer) => {
        socket.write(answer.slice(0, at), () => socket.resetAndDestroy());
      });
    }
    const link = await against(...cuts);
    await link.joined();
    assert.equal(link.reasons.length, cuts.length);
    const expected = ["upgrade-closed", "connection-reset", "connection-lost"];
    for (const reason of link.reasons) assert.ok(expected.includes(reason), reason);
  });

  it("resetting right after the upgrade, the join, and in a frame is a reason each time", async () => {
    const reset =
      (...pieces: Buffer[]): Deed =>
      (socket, answer) => {
        socket.write(Buffer.concat([Buffer.from(answer), ...pieces]), () => socket.resetAndDestroy());
      };
    const link = await against(
      reset(),
      reset(joined),
      reset(joined, text([null, null, "device", "x", {}]).subarray(0, 9)),
    );
    await link.until(() => link.reasons.length === 3 && link.link.connected);
    for (const reason of link.reasons) assert.match(reason, /^connection-(reset|lost)$/);
  });

  it("answering byte by byte is understood, frames too", async () => {
    const link = await against(async (socket, answer) => {
      const later = text([null, null, "device", "identify", {}]);
      for (const byte of Buffer.concat([Buffer.from(answer), joined, later])) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await link.joined();
    assert.deepEqual(link.reasons, []);
  });

  it("endless redirects are left after five", async () => {
    const circle: Deed = (socket) =>
      void socket.end(
        "HTTP/1.1 302 Found\r\nlocation: /device-socket/websocket?vsn=2.0.0\r\ncontent-length: 0\r\n\r\n",
      );
    const link = await against(...Array<Deed>(6).fill(circle));
    await link.joined();
    assert.deepEqual(link.reasons, ["too-many-redirects"]);
  });

  it("floods of pings, unknown events with ever new names, foreign topics, replies to nothing and huge numbers change nothing", async () => {
    const events: Buffer[] = [];
    for (let i = 0; i < 2000; i++) {
      events.push(text([null, null, "device", `event-${i}-${"x".repeat(i % 50)}`, { [`name-${i}`]: i }]));
      events.push(
        text([null, null, `topic-${i}`, "x", {}]),
        frame(9, `ping ${i}`),
        frame(10, "a pong nobody asked for"),
      );
      events.push(text(["1", `${i + 1000}`, "device", "phx_reply", { status: "ok", response: { [`r${i}`]: 1 } }]));
      events.push(
        text([`${i + 7}`, null, "device", "phx_close", {}]),
        text([null, `${i}`, "phoenix", "phx_reply", {}]),
      );
    }
    const numbers = `[null,null,"device","update",{"size":1e999,"deployment_id":${"9".repeat(400)},"firmware_meta":{"uuid":-1e400}}]`;
    const heap = process.memoryUsage().heapUsed;
    const deed: Deed = (socket, answer) => {
      socket.write(Buffer.concat([Buffer.from(answer), joined, ...events, text(numbers)]));
      socket.write(text([null, null, "device", "identify", {}]));
    };
    let identified = false;
    server = new HostileServer([deed]);
    device = new NodeLink({
      port: await server.start(),
      client: {
        identify: () => {
          identified = true;
          device?.link.log("info", "identified");
        },
      },
    }).start();
    await device.until(() => identified);
    assert.deepEqual(device.reasons, []);
    assert.equal(device.link.connected, true);
    const grown = process.memoryUsage().heapUsed - heap;
    assert.ok(grown < 32_000_000, `${grown} bytes`);
    assert.ok(device.lines.length < 20, `${device.lines.length} lines`);
  });
});
