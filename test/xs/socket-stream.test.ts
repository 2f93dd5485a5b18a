import { resolve } from "../../hosts/simulator/system.js";
import { SocketStream } from "../../hosts/xs/socket-stream.js";
import type { Fault } from "../../modules/fault/fault.js";
import { after, assert, describe, environment, it, pause } from "./harness.js";

const port = Number(environment("NERVESHUB_PEER"));
const open: SocketStream[] = [];

interface Events {
  host?: string;
  port?: number;
  opened?(stream: SocketStream): void;
  readable?(stream: SocketStream): void;
  writable?(stream: SocketStream): void;
}

/** Connects, and resolves with the log of all callbacks once the stream has ended. */
function connect(events: Events): Promise<{ log: string[]; fault: Fault | undefined }> {
  const log: string[] = [];
  return new Promise((ended) => {
    const stream = new SocketStream(
      { host: events.host ?? "127.0.0.1", port: events.port ?? port, connectTimeoutMs: 5000 },
      resolve,
      {
        opened: () => {
          log.push("open");
          events.opened?.(stream);
        },
        readable: () => events.readable?.(stream),
        writable: () => events.writable?.(stream),
        closed: (fault) => {
          log.push("close");
          ended({ log, fault: fault as Fault | undefined });
        },
      },
    );
    open.push(stream);
  });
}

const command = (letter: string): Uint8Array => new Uint8Array([letter.codePointAt(0)!]);

describe("SocketStream on the simulator's TCP", () => {
  after(() => {
    for (const stream of open) stream.close();
  });

  it("reaches a server on IPv4 by a name that may be IPv6 first", async () => {
    const { log } = await connect({ host: "localhost", opened: (stream) => stream.write(command("r")) });
    assert.deepEqual(log, ["open", "close"]);
  });

  it("reports a refused connection once, as that", async () => {
    const { log, fault } = await connect({ port: 1 });
    await pause(50);
    assert.deepEqual(log, ["close"]);
    assert.equal(fault?.code, "connection-refused");
  });

  it("reports a name that does not exist, as that", async () => {
    const { log, fault } = await connect({ host: "no-such-host.invalid" });
    assert.deepEqual(log, ["close"]);
    assert.equal(fault?.code, "host-not-found");
  });

  it("delivers every byte to a slow reader, and the end after them", async () => {
    const buffer = new Uint8Array(1000);
    let received = 0;
    let wrong = 0;
    const read = (stream: SocketStream) => {
      for (let count = stream.read(buffer); count > 0; count = stream.read(buffer)) {
        for (let i = 0; i < count; i++) if (buffer[i] !== (received + i) % 251) wrong++;
        received += count;
      }
    };
    const { fault } = await connect({ opened: (stream) => stream.write(command("s")), readable: read });
    assert.equal(fault, undefined);
    assert.equal(received, 1_000_000);
    assert.equal(wrong, 0);
  });

  // 13.20: a piece of 20,001 bytes is more than the socket of the simulator takes at once, and stalled.
  for (const size of [5000, 20_001, 100_000])
    it(`keeps the rest of short writes of ${size} bytes, and says when there is room again`, async () => {
      const total = Math.ceil(12_000_000 / size) * size; // more than a kernel takes
      const piece = Uint8Array.from({ length: size }, (_, i) => i % 251);
      const buffer = new Uint8Array(8192);
      let sent = 0;
      let received = 0;
      let wrong = 0;
      let refusals = 0;
      await new Promise<void>((done) => {
        const send = (stream: SocketStream) => {
          while (sent < total) {
            const rest = piece.subarray(sent % piece.byteLength);
            const taken = stream.write(rest);
            sent += taken;
            if (taken === rest.byteLength) continue;
            refusals++;
            return;
          }
        };
        connect({
          opened: (stream) => {
            stream.write(command("i"));
            send(stream);
          },
          writable: send,
          readable: (stream) => {
            for (let count = stream.read(buffer); count > 0; count = stream.read(buffer)) {
              if (buffer[0] !== piece[received % piece.byteLength]) wrong++;
              received += count;
            }
            if (received === total) done();
          },
        });
      });
      assert.equal(wrong, 0);
      assert.ok(refusals > 0, "the peer reads nothing at first: some write must have been refused");
    });

  it("a reset ends the stream once, as that, also for a writer", async () => {
    const { log, fault } = await connect({
      opened: (stream) => {
        stream.write(command("r"));
        stream.write(new Uint8Array(8000));
      },
      writable: (stream) => stream.write(new Uint8Array(8000)),
    });
    await pause(50);
    assert.deepEqual(log, ["open", "close"]);
    assert.equal(fault?.code, "connection-reset");
  });

  it("a listener that throws is printed, ends its stream, and takes nothing down", async () => {
    for (const where of ["opened", "readable"] as const) {
      const { log, fault } = await connect({
        opened: (stream) => stream.write(command("s")),
        [where]: () => {
          throw new Error("mine");
        },
      });
      assert.deepEqual(log, ["open", "close"], where);
      assert.equal(fault?.code, "callback-threw", where);
    }
  });

  it("nothing comes after close(), from whichever callback", async () => {
    for (const where of ["opened", "readable", "writable"] as const) {
      let calls = 0;
      const closing = (stream: SocketStream) => {
        stream.close();
        stream.close();
        calls++;
      };
      connect({
        opened: (stream) => {
          stream.write(command("s"));
          if (where === "opened") closing(stream);
          else if (where === "writable") while (stream.write(new Uint8Array(8000)) === 8000);
        },
        [where === "opened" ? "host" : where]: where === "opened" ? "127.0.0.1" : closing,
      }).then(() => {
        calls = -1;
      });
      while (calls === 0) await pause(10);
      await pause(50);
      assert.equal(calls, 1, where);
    }
  });
});
