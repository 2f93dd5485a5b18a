import { createServer, type Socket } from "node:net";
import { assert, describe, it } from "../../support/harness.js";
import { answerUpgrade, endlessly } from "../../support/hostile-socket.js";
import { NodeClient } from "../../support/node-web-socket.js";
import { Listener } from "../../support/tcp-listener.js";

/** A raw TCP server: `serve` is called with each socket and the correct answer to its upgrade. */
async function against(
  serve: (socket: Socket, answer: string) => void,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer((socket) => answerUpgrade(socket, serve));
  const listener = await new Listener(server).start();
  try {
    await body(listener.port);
  } finally {
    await listener.stop();
  }
}

describe("websocket: a hostile server over real sockets", () => {
  it("closing at every byte of the upgrade ends in a fault each time", async () => {
    let cut = 0;
    await against(
      (socket, answer) => socket.end(answer.slice(0, cut)),
      async (port) => {
        for (cut = 0; cut < 129; cut++)
          assert.equal(await new NodeClient(port).end(), "1006 upgrade-closed", String(cut));
      },
    );
  });

  it("resetting in every state ends in a fault each time", async () => {
    let part = 0;
    await against(
      (socket, answer) => {
        if (part > 0) socket.write(part === 1 ? answer.slice(0, 50) : answer);
        if (part === 3) socket.write(Buffer.from([0x81, 5, 0x48]));
        setImmediate(() => socket.resetAndDestroy());
      },
      async (port) => {
        for (part = 0; part < 4; part++) {
          // libuv takes a reset right behind data for a plain end (its short cut for POLLHUP after a partial read).
          assert.match(await new NodeClient(port).end(), /^1006 (connection-reset|connection-lost|upgrade-closed)$/);
        }
      },
    );
  });

  it("answering byte by byte is understood, frames too", async () => {
    await against(
      async (socket, answer) => {
        socket.setNoDelay(true);
        for (const byte of Buffer.concat([Buffer.from(answer), Buffer.from("810548656c6c6f880203e8", "hex")])) {
          socket.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.end();
      },
      async (port) => {
        const probe = new NodeClient(port);
        assert.equal(await probe.end(), "1000");
        assert.deepEqual(probe.texts, ["Hello"]);
      },
    );
  });

  it("answering too slowly runs into the time for the upgrade", async () => {
    await against(
      (socket, answer) => void socket.write(answer.slice(0, -1)),
      async (port) => assert.equal(await new NodeClient(port, { upgradeTimeoutMs: 50 }).end(), "1006 upgrade-timeout"),
    );
  });

  for (const [name, start, piece, code] of [
    ["headers", "HTTP/1.1 101 X\r\n", "a: b\r\n".repeat(100), "too-many-headers"],
    ["bytes in one header", "HTTP/1.1 101 X\r\na: ", "x".repeat(1000), "header-line-too-long"],
    ["bytes of a status line", "HTTP/1.1 ", "9".repeat(1000), "header-line-too-long"],
    ["interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), "interim-limit"],
    ["zeros", "", "\0".repeat(1000), "not-http"],
  ]) {
    it(`endless ${name} are cut off as ${code}`, async () => {
      await against(
        (socket) => {
          socket.write(start);
          void endlessly(socket, piece);
        },
        async (port) => assert.equal(await new NodeClient(port).end(), `1006 ${code}`),
      );
    });
  }

  it("an endless refusal is told by its beginning", async () => {
    await against(
      (socket) => {
        socket.write("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        void endlessly(socket, "<p>".repeat(100));
      },
      async (port) => {
        const probe = new NodeClient(port);
        assert.equal(await probe.end(), "refused 502");
        assert.equal(probe.refusal?.body.length, 512);
      },
    );
  });

  it("a wrong accept key and a 101 without an upgrade are not taken for a WebSocket", async () => {
    await against(
      (socket, answer) => socket.write(answer.replace(/accept: ./, "accept: -")),
      async (port) => assert.equal(await new NodeClient(port).end(), "1006 bad-accept"),
    );
    await against(
      (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
      async (port) => assert.equal(await new NodeClient(port).end(), "1006 bad-upgrade"),
    );
  });

  it("garbage instead of frames ends in a violation, without waiting for a server that stays", async () => {
    await against(
      (socket, answer) => {
        socket.write(answer);
        void endlessly(socket, Buffer.alloc(1000, 0xff));
      },
      async (port) => assert.equal(await new NodeClient(port, { closeTimeoutMs: 50 }).end(), "1006 reserved-bits"),
    );
  });

  it("a message without end is refused at the limit, whether in one frame or in fragments", async () => {
    for (const [start, piece] of [
      ["827f00000000ffffffff", Buffer.alloc(1000)],
      ["0200", Buffer.concat([Buffer.from("007e03e8", "hex"), Buffer.alloc(1000)])],
    ] as [string, Buffer][]) {
      await against(
        (socket, answer) => {
          socket.write(answer);
          socket.write(Buffer.from(start, "hex"));
          void endlessly(socket, piece);
        },
        async (port) => assert.equal(await new NodeClient(port, { closeTimeoutMs: 50 }).end(), "1006 message-too-big"),
      );
    }
  });

  it("a flood of pings whose sender does not read keeps the queue small and the connection working", async () => {
    const pings = Buffer.alloc(127 * 1000);
    for (let at = 0; at < pings.byteLength; at += 127) pings.writeUInt16BE(0x897d, at);
    await against(
      (socket, answer) => {
        socket.pause();
        socket.write(answer);
        // 25 MB of pings, far beyond what the kernel holds of the answers, then a message.
        for (let count = 0; count < 200; count++) socket.write(pings);
        socket.write(Buffer.from("8104646f6e65", "hex"));
      },
      async (port) => {
        let most = 0;
        const probe = new NodeClient(
          port,
          {},
          {
            text: (text) => {
              probe.texts.push(text);
              most = probe.client.bufferedBytes;
              probe.client.abort();
            },
            closed: ({ fault }) => assert.fail(String(fault)),
          },
        );
        while (probe.texts.length === 0) await new Promise((resolve) => setImmediate(resolve));
        assert.ok(most < 1000, `${most} bytes are queued`);
      },
    );
  });

  it("a flood of empty fragments costs nothing", async () => {
    await against(
      (socket, answer) => {
        socket.write(answer);
        socket.write(Buffer.from("0100", "hex"));
        socket.write(Buffer.alloc(2_000_000));
        socket.write(Buffer.from("80026f6b 880203e8".replace(" ", ""), "hex"));
        socket.end();
      },
      async (port) => {
        const probe = new NodeClient(port);
        assert.equal(await probe.end(), "1000");
        assert.deepEqual(probe.texts, ["ok"]);
      },
    );
  });

  it("a server that does not end the connection after the closing is not waited for", async () => {
    await against(
      (socket, answer) => socket.write(Buffer.concat([Buffer.from(answer), Buffer.from("880203e9", "hex")])),
      async (port) => assert.equal(await new NodeClient(port, { closeTimeoutMs: 50 }).end(), "1001"),
    );
  });
});
