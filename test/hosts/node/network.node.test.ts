import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { assert, describe, it } from "../../support/harness.js";
import { StreamProbe, settled } from "../../support/stream-probe.js";
import { Listener } from "../../support/tcp-listener.js";

async function withServer(serve: (socket: Socket) => void, body: (listener: Listener) => Promise<void>): Promise<void> {
  const listener = await new Listener(createServer({ allowHalfOpen: true }, serve)).start();
  try {
    await body(listener);
  } finally {
    await listener.stop();
  }
}

/** A port that answers nothing: its process is stopped and its queue of one connection is full, so Linux drops SYNs. */
class BlackHole {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #fillers: Socket[];

  private constructor(port: number, process: ChildProcess, fillers: Socket[]) {
    this.port = port;
    this.#process = process;
    this.#fillers = fillers;
  }

  static async open(): Promise<BlackHole> {
    const program = `const server = require("net").createServer();
      server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => console.log(server.address().port));`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const port = Number(await once(child.stdout, "data"));
    child.kill("SIGSTOP");
    const fillers: Socket[] = [];
    for (let count = 0; count < 4; count++) fillers.push(connect(port, "127.0.0.1").on("error", () => undefined));
    // The kernel accepts one more than the backlog.
    await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, "connect")));
    return new BlackHole(port, child, fillers);
  }

  close(): void {
    for (const filler of this.#fillers) filler.destroy();
    this.#process.kill("SIGKILL");
  }
}

describe("Node network: TCP", () => {
  it("carries bytes both ways and ends cleanly", async () => {
    await withServer(
      (socket) => socket.on("data", (bytes) => socket.end(bytes)),
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        assert.deepEqual(probe.seen, [], "nothing from inside open");
        await probe.started();
        assert.equal(probe.stream.write(new Uint8Array([1, 2, 3])), 3);
        await probe.ended();
        assert.deepEqual(probe.seen, ["open", "readable 3", "close"]);
        assert.deepEqual([...probe.received], [1, 2, 3]);
      },
    );
  });

  it("has copied what it took", async () => {
    await withServer(
      (socket) => socket.on("data", (bytes) => socket.end(bytes)),
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        await probe.started();
        const bytes = new Uint8Array([1, 2, 3]);
        probe.stream.write(bytes);
        bytes.fill(9);
        await probe.ended();
        assert.deepEqual([...probe.received], [1, 2, 3]);
      },
    );
  });

  it("holds back a server whose bytes nobody reads, and loses none", async () => {
    const total = 8_000_000;
    let written = 0;
    await withServer(
      (socket) => {
        socket.on("error", () => undefined);
        const piece = Buffer.alloc(40_000, 7);
        const more = (): void => {
          while (written < total && socket.write(piece)) written += piece.byteLength;
          if (written >= total) socket.end();
          else {
            written += piece.byteLength;
            socket.once("drain", more);
          }
        };
        more();
      },
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        probe.reading = false;
        await probe.until(() => Number(probe.seen.at(-1)?.split(" ")[1]) >= 65_536);
        await settled(() => probe.seen.length + written);
        const held = Number(probe.seen.at(-1)?.split(" ")[1]);
        assert.ok(held < 200_000, `${held} bytes held`);
        assert.ok(written < total, "the server is held back");
        probe.reading = true;
        probe.read();
        await probe.ended();
        assert.ok(probe.received.byteLength >= total);
        assert.equal(probe.received.byteLength, written);
        assert.equal(Buffer.compare(probe.received, Buffer.alloc(written, 7)), 0);
      },
    );
  });

  it("takes no more than it can hold from a writer, and says when it can again", async () => {
    let arrived = 0;
    await withServer(
      (socket) => {
        socket.pause();
        socket.on("data", (bytes) => {
          arrived += bytes.byteLength;
        });
      },
      async ({ port, sockets }) => {
        const probe = new StreamProbe({ port });
        await probe.started();
        const piece = new Uint8Array(50_000);
        let taken = 0;
        const fill = (): number => {
          for (let count = piece.byteLength; count === piece.byteLength; taken += count)
            count = probe.stream.write(piece);
          return taken;
        };
        // The kernel's buffers are filled through ours.
        await settled(fill);
        const full = probe.seen.length;
        assert.equal(probe.stream.write(piece), 0);
        for (const socket of sockets) socket.resume();
        await probe.until(() => probe.seen.length > full);
        assert.match(probe.seen.at(-1)!, /^writable [1-9]/);
        assert.equal(probe.stream.write(new Uint8Array(10)), 10);
        await settled(() => arrived);
        assert.equal(arrived, taken + 10);
        probe.stream.close();
      },
    );
  });

  it("sends what it had taken when it is closed, and calls nobody back", async () => {
    let arrived = 0;
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await withServer(
      (socket) => {
        socket.on("data", (bytes) => {
          arrived += bytes.byteLength;
        });
        socket.on("end", ended);
      },
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        await probe.started();
        const taken = probe.stream.write(new Uint8Array(60_000));
        probe.stream.close();
        probe.stream.close();
        await end;
        assert.equal(arrived, taken);
        assert.deepEqual(probe.seen, ["open"]);
      },
    );
  });

  it("leaves bytes readable after the end", async () => {
    await withServer(
      (socket) => socket.end("last words"),
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        probe.reading = false;
        await probe.ended();
        probe.read();
        assert.equal(probe.received.toString(), "last words");
        assert.equal(probe.stream.write(new Uint8Array(1)), 0);
      },
    );
  });
});

describe("Node network: what fails, by name", () => {
  it("connection-refused, when nobody listens", async () => {
    const listener = await new Listener(createServer()).start();
    await listener.stop();
    const probe = new StreamProbe({ port: listener.port });
    await probe.ended();
    assert.deepEqual(probe.seen, ["close connection-refused"]);
    assert.equal(probe.fault?.stage, "connect");
    assert.ok(probe.fault?.message.includes(`127.0.0.1:${listener.port}`));
  });

  it("connection-refused, also when every address of a name refuses", async () => {
    const listener = await new Listener(createServer()).start();
    await listener.stop();
    const probe = new StreamProbe({ host: "localhost", port: listener.port });
    await probe.ended();
    assert.deepEqual(probe.seen, ["close connection-refused"]);
  });

  it("host-not-found or dns-unavailable, for a name that cannot exist (RFC 6761 .invalid)", async () => {
    const probe = new StreamProbe({ host: "hub.invalid", port: 443 });
    await probe.ended();
    // Which one depends on whether this machine has a DNS server to ask.
    assert.ok(["close host-not-found", "close dns-unavailable"].includes(probe.seen[0]), probe.seen[0]);
    assert.equal(probe.fault?.stage, "resolve");
  });

  (process.platform === "linux" ? it : it.skip)("connect-timeout, when packets vanish", async () => {
    const hole = await BlackHole.open();
    try {
      const probe = new StreamProbe({ port: hole.port, connectTimeoutMs: 100 });
      await probe.ended();
      assert.deepEqual(probe.seen, ["close connect-timeout"]);
      assert.equal(probe.fault?.stage, "connect");
    } finally {
      hole.close();
    }
  });

  it("connection-reset, when the server resets an open connection", async () => {
    await withServer(
      (socket) => socket.on("data", () => socket.resetAndDestroy()),
      async ({ port }) => {
        const probe = new StreamProbe({ port });
        await probe.started();
        probe.stream.write(new Uint8Array(1));
        await probe.ended();
        assert.deepEqual(probe.seen, ["open", "close connection-reset"]);
        assert.equal(probe.fault?.stage, "transport");
      },
    );
  });

  it("handshake-timeout, when a TLS server says nothing", async () => {
    await withServer(
      () => undefined,
      async ({ port }) => {
        const probe = new StreamProbe({ port, secure: { handshakeTimeoutMs: 50 } });
        await probe.ended();
        assert.deepEqual(probe.seen, ["close handshake-timeout"]);
        assert.equal(probe.fault?.stage, "tls");
      },
    );
  });

  it("handshake-closed, when the server hangs up before TLS, as NervesHub's rate limit does", async () => {
    for (const hangUp of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.destroy()]) {
      await withServer(
        (socket) => socket.once("data", () => hangUp(socket)),
        async ({ port }) => {
          const probe = new StreamProbe({ port, secure: {} });
          await probe.ended();
          assert.deepEqual(probe.seen, ["close handshake-closed"]);
        },
      );
    }
  });

  it("not-tls, when the server speaks plain HTTP", async () => {
    await withServer(
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      async ({ port }) => {
        const probe = new StreamProbe({ port, secure: {} });
        await probe.ended();
        assert.deepEqual(probe.seen, ["close not-tls"]);
      },
    );
  });

  it("nothing at all after a close during the handshake", async () => {
    let connected: (socket: Socket) => void = () => undefined;
    const connection = new Promise<Socket>((resolve) => {
      connected = resolve;
    });
    await withServer(
      (socket) => connected(socket),
      async ({ port }) => {
        const probe = new StreamProbe({ port, secure: {} });
        const socket = await connection;
        probe.stream.close();
        await once(socket.resume(), "end");
        await settled(() => probe.seen.length);
        assert.deepEqual(probe.seen, []);
      },
    );
  });
});
