import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { NodeNetwork } from "../../../hosts/node/network.js";
import { NodeTimers } from "../../../hosts/node/timers.js";
import type { Fault } from "../../../modules/fault/fault.js";
import { HttpGet, type HttpGetOptions, type HttpResponse } from "../../../modules/http/get.js";
import { type Identity, Workshop } from "../../support/certificates.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { Listener } from "../../support/tcp-listener.js";

interface Result {
  response: HttpResponse | undefined;
  body: Buffer;
  fault: Fault | undefined;
}

/** Downloads `url` and waits for the end. */
function download(url: string, options: Partial<HttpGetOptions> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let response: HttpResponse | undefined;
    const finish = (fault?: Fault): void => resolve({ response, body: Buffer.concat(pieces), fault });
    new HttpGet(
      {
        network: new NodeNetwork(),
        timers: new NodeTimers((line) => assert.fail(line)),
        url,
        connectTimeoutMs: 5000,
        idleTimeoutMs: 5000,
        ...options,
      },
      {
        responded: (head) => {
          response = head;
        },
        data: (bytes) => pieces.push(bytes.slice()),
        ended: finish,
        failed: finish,
      },
    );
  });
}

async function withServer(server: Server, body: (port: number) => Promise<void>): Promise<void> {
  const listener = await new Listener(server).start();
  try {
    await body(listener.port);
  } finally {
    await listener.stop();
  }
}

const file = Buffer.alloc(1_400_000);
for (let at = 0; at < file.byteLength; at += 32) createHash("sha256").update(String(at)).digest().copy(file, at);

/** A file server with one file, in the manners that `path` asks for. */
const serveFile: RequestListener = (request, response) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  switch (request.url?.split("?")[0]) {
    case "/chunked":
      response.write(file.subarray(0, 1000));
      response.end(file.subarray(1000));
      return;
    case "/old":
      request.socket.write("HTTP/1.0 200 OK\r\n\r\n");
      request.socket.end(file);
      return;
    case "/cut":
      response.writeHead(200, { "content-length": file.byteLength });
      response.write(file.subarray(0, 500_000), () => response.destroy());
      return;
    case "/moved":
      response.writeHead(307, { location: "/file?sig=secret" }).end("elsewhere");
      return;
    case "/loop":
      response.writeHead(302, { location: request.url! }).end();
      return;
    default:
      if (range) {
        const from = Number(range[1]);
        const to = range[2] ? Number(range[2]) : file.byteLength - 1;
        response.writeHead(206, {
          "content-range": `bytes ${from}-${to}/${file.byteLength}`,
          "content-length": to + 1 - from,
        });
        response.end(file.subarray(from, to + 1));
      } else {
        response.writeHead(200, { "content-length": file.byteLength }).end(file);
      }
  }
};

describe("http: against node:http", () => {
  it("a file arrives whole with a length, in chunks, and up to the end of the connection", async () => {
    await withServer(createHttpServer(serveFile), async (port) => {
      for (const [path, length] of [
        ["/file", file.byteLength],
        ["/chunked", undefined],
        ["/old", undefined],
        ["/moved", file.byteLength],
      ]) {
        const { response, body, fault } = await download(`http://127.0.0.1:${port}${path}`);
        assert.equal(fault, undefined);
        assert.equal(response?.status, 200);
        assert.equal(response?.length, length);
        assert.equal(Buffer.compare(body, file), 0, String(path));
      }
    });
  });

  it("a range arrives with its place in the file", async () => {
    await withServer(createHttpServer(serveFile), async (port) => {
      const { response, body } = await download(`http://127.0.0.1:${port}/file`, { from: 1_000_000, to: 1_000_999 });
      assert.equal(response?.status, 206);
      assert.deepEqual(response?.contentRange, { from: 1_000_000, to: 1_000_999, total: file.byteLength });
      assert.equal(Buffer.compare(body, file.subarray(1_000_000, 1_001_000)), 0);
      const rest = await download(`http://127.0.0.1:${port}/file`, { from: 1_000_000 });
      assert.equal(Buffer.compare(rest.body, file.subarray(1_000_000)), 0);
    });
  });

  it("a connection that is cut in the middle is a fault", async () => {
    await withServer(createHttpServer(serveFile), async (port) => {
      const { body, fault } = await download(`http://127.0.0.1:${port}/cut`);
      assert.ok(["short-body", "connection-reset"].includes(fault?.code ?? ""), fault?.code);
      assert.equal(Buffer.compare(body, file.subarray(0, body.byteLength)), 0);
    });
  });

  it("endless redirects are given up", async () => {
    await withServer(createHttpServer(serveFile), async (port) => {
      const { fault } = await download(`http://127.0.0.1:${port}/loop?sig=secret`);
      assert.equal(fault?.code, "redirect-limit");
      assert.ok(!fault?.message.includes("secret"));
    });
  });

  it("a paused download holds the server back and resumes without losing a byte", async () => {
    await withServer(createHttpServer(serveFile), async (port) => {
      const pieces: Uint8Array[] = [];
      await new Promise<void>((resolve, reject) => {
        const get: HttpGet = new HttpGet(
          {
            network: new NodeNetwork(),
            timers: new NodeTimers(reject),
            url: `http://127.0.0.1:${port}/file`,
            connectTimeoutMs: 5000,
            idleTimeoutMs: 5000,
          },
          {
            responded: () => undefined,
            data: (bytes) => {
              pieces.push(bytes.slice());
              get.pause();
              setImmediate(() => get.resume());
            },
            ended: resolve,
            failed: reject,
          },
        );
      });
      assert.equal(Buffer.compare(Buffer.concat(pieces), file), 0);
    });
  });

  it("a server that is not there is told as the network tells it", async () => {
    let gone = 0;
    await withServer(createHttpServer(serveFile), async (port) => {
      gone = port;
    });
    assert.equal((await download(`http://127.0.0.1:${gone}/`)).fault?.code, "connection-refused");
  });
});

describe("http: against node:https", () => {
  const workshop = new Workshop();
  let authority: Identity;
  let server: Identity;
  before(() => {
    authority = workshop.make({ commonName: "Test Root", isAuthority: true });
    server = workshop.make({ issuer: authority });
  });
  after(() => workshop.remove());

  const tls = (): { cert: string; key: string } => ({ cert: server.certificatePem, key: server.keyPem });

  it("a file arrives over TLS below the given root, and not without it", async () => {
    await withServer(createHttpsServer(tls(), serveFile), async (port) => {
      const { body, fault } = await download(`https://localhost:${port}/file`, {
        secure: { roots: [authority.certificate] },
      });
      assert.equal(fault, undefined);
      assert.equal(Buffer.compare(body, file), 0);
      assert.equal((await download(`https://localhost:${port}/file`)).fault?.code, "unknown-ca");
    });
  });

  it("a download over TLS that is paused again and again loses no byte", async () => {
    await withServer(createHttpsServer(tls(), serveFile), async (port) => {
      const pieces: Uint8Array[] = [];
      await new Promise<void>((resolve, reject) => {
        const get: HttpGet = new HttpGet(
          {
            network: new NodeNetwork(),
            timers: new NodeTimers(reject),
            url: `https://localhost:${port}/file`,
            secure: { roots: [authority.certificate] },
            connectTimeoutMs: 5000,
            idleTimeoutMs: 5000,
          },
          {
            responded: () => undefined,
            data: (bytes) => {
              pieces.push(bytes.slice());
              get.pause();
              setImmediate(() => get.resume());
            },
            ended: resolve,
            failed: reject,
          },
        );
      });
      assert.equal(Buffer.compare(Buffer.concat(pieces), file), 0);
    });
  });

  it("a redirect from http to https is followed, credentials stay behind", async () => {
    const seen: (string | undefined)[] = [];
    const target: RequestListener = (request, response) => {
      seen.push(request.headers.authorization);
      response.end("safe");
    };
    await withServer(createHttpsServer(tls(), target), async (securePort) => {
      const front: RequestListener = (request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(301, { location: `https://localhost:${securePort}/` }).end();
      };
      await withServer(createHttpServer(front), async (port) => {
        const { body } = await download(`http://localhost:${port}/`, {
          headers: [["authorization", "secret"]],
          secure: { roots: [authority.certificate] },
        });
        assert.equal(body.toString(), "safe");
        assert.deepEqual(seen, ["secret", undefined]);
      });
    });
  });
});

describe("http: a hostile server over real sockets", () => {
  /** A raw TCP server that answers each request by `serve`. */
  async function against(serve: (socket: Socket) => void, body: (url: string) => Promise<void>): Promise<void> {
    const server = createTcpServer((socket) => socket.once("data", () => serve(socket)));
    const listener = await new Listener(server).start();
    try {
      await body(`http://127.0.0.1:${listener.port}/x`);
    } finally {
      await listener.stop();
    }
  }

  /** Writes `piece` until the client is gone. */
  async function endlessly(socket: Socket, piece: string): Promise<void> {
    while (!socket.destroyed) {
      if (!socket.write(piece))
        await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => undefined);
    }
  }

  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n";

  it("closing at every byte of a chunked answer ends in a fault each time", async () => {
    let cut = 0;
    await against(
      (socket) => socket.end(answer.slice(0, cut)),
      async (url) => {
        for (cut = 0; cut < answer.length; cut++) {
          const { fault } = await download(url);
          assert.equal(fault?.code, cut < answer.indexOf("5;x") ? "short-head" : "short-body", String(cut));
        }
      },
    );
  });

  it("answering byte by byte is understood", async () => {
    await against(
      async (socket) => {
        socket.setNoDelay(true);
        for (const character of answer) {
          socket.write(character);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      async (url) => assert.equal((await download(url)).body.toString(), "hello"),
    );
  });

  for (const [name, start, piece, code] of [
    ["headers", "HTTP/1.1 200 OK\r\n", "a: b\r\n".repeat(100), "too-many-headers"],
    ["bytes in one header", "HTTP/1.1 200 OK\r\na: ", "x".repeat(1000), "header-line-too-long"],
    ["interim responses", "", "HTTP/1.1 103\r\n\r\n".repeat(100), "interim-limit"],
    ["trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a: b\r\n".repeat(100), "bad-chunk"],
    ["chunk extensions", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x".repeat(1000), "bad-chunk"],
  ]) {
    it(`endless ${name} are cut off as ${code}`, async () => {
      await against(
        (socket) => {
          socket.write(start);
          void endlessly(socket, piece);
        },
        async (url) => assert.equal((await download(url)).fault?.code, code),
      );
    });
  }

  it("more than the announced length is not delivered", async () => {
    await against(
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        void endlessly(socket, "more".repeat(1000));
      },
      async (url) => assert.equal((await download(url)).body.toString(), "hello"),
    );
  });

  it("silence is an idle timeout, in the head and in the body", async () => {
    for (const start of ["HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"]) {
      await against(
        (socket) => socket.write(start),
        async (url) => assert.equal((await download(url, { idleTimeoutMs: 50 })).fault?.code, "idle-timeout"),
      );
    }
  });
});
