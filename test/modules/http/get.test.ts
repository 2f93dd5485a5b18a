import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import type { Fault } from "../../../modules/fault/fault.js";
import { connectionReset } from "../../../modules/fault/network.js";
import { HttpGet, type HttpGetOptions, type HttpListener, type HttpResponse } from "../../../modules/http/get.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, it } from "../../support/harness.js";
import { ManualTimers } from "../../support/manual-timers.js";
import { reachable, waysTo } from "../../support/reachable.js";
import { concat, ScriptedNetwork } from "../../support/scripted-network.js";

/** One download against a scripted server. */
class Download {
  network = new ScriptedNetwork();
  timers = new ManualTimers();
  responses: HttpResponse[] = [];
  body: Uint8Array = new Uint8Array(0);
  ends = 0;
  faults: Fault[] = [];
  get: HttpGet;

  constructor(options: Partial<HttpGetOptions> = {}, heard: Partial<HttpListener> = {}) {
    const usual = {
      network: this.network,
      timers: this.timers,
      url: "http://files.example/a.bin?sig=secret",
      connectTimeoutMs: 10_000,
      idleTimeoutMs: 30_000,
    };
    const listener: HttpListener = {
      responded: (response) => this.responses.push(response),
      data: (bytes) => {
        this.body = concat(this.body, bytes);
      },
      ended: () => this.ends++,
      failed: (fault) => this.faults.push(fault),
    };
    this.get = new HttpGet({ ...usual, ...options }, { ...listener, ...heard });
  }

  /** Connects and returns the request's lines. */
  request(): string[] {
    this.network.stream.open();
    return decodeUtf8(this.network.stream.takeSent()).split("\r\n");
  }

  respond(text: string, size?: number): void {
    this.network.stream.receive(encodeUtf8(text), size);
  }

  get text(): string {
    return decodeUtf8(this.body);
  }

  get code(): string | undefined {
    return this.faults[0]?.code;
  }
}

/** A download that was answered by `text`, in segments of `size`, after which the server closes. */
function answered(text: string, size?: number): Download {
  const download = new Download();
  download.request();
  download.respond(text, size);
  download.network.stream.end();
  assert.equal(download.ends + download.faults.length, 1, "one end or one fault");
  assert.equal(download.timers.count, 0, "no timer is left");
  assert.ok(download.network.stream.closed, "the stream is closed");
  return download;
}

describe("http: request", () => {
  it("asks for the path with its query, once, and closes afterwards", () => {
    assert.deepEqual(new Download().request(), [
      "GET /a.bin?sig=secret HTTP/1.1",
      "host: files.example",
      "connection: close",
      "",
      "",
    ]);
  });

  it("asks for a range in bytes", () => {
    assert.ok(new Download({ from: 100 }).request().includes("range: bytes=100-"));
    assert.ok(new Download({ from: 100, to: 199 }).request().includes("range: bytes=100-199"));
    assert.ok(new Download({ to: 0 }).request().includes("range: bytes=0-0"));
  });

  it("writes on when the network takes it in pieces", () => {
    const download = new Download();
    const { stream } = download.network;
    stream.room = 5;
    stream.open();
    for (let i = 0; i < 100; i++) stream.drain(1);
    assert.match(decodeUtf8(stream.takeSent()), /^GET \/a\.bin\?sig=secret HTTP\/1\.1\r\n.*\r\n\r\n$/s);
  });

  it("tells a bad URL in `failed`, after the constructor and without the URL", () => {
    const download = new Download({ url: "https://user:secret@a/" });
    assert.deepEqual(download.faults, []);
    download.timers.advance(0);
    assert.equal(download.code, "bad-url");
    assert.ok(!download.faults[0].message.includes("secret"));
    assert.equal(download.network.streams.length, 0);
  });

  it("refuses a header that would add lines to the request", () => {
    for (const header of [
      ["a", "b\r\nc: d"],
      ["a\r\nb", "c"],
      ["", "x"],
      ["a", "\0"],
    ] as [string, string][]) {
      const download = new Download({ headers: [header] });
      download.timers.advance(0);
      assert.equal(download.code, "bad-request-header");
    }
  });

  it("shows no client certificate to a file server", () => {
    const secure = {
      roots: [new Uint8Array([1])],
      serverName: "n",
      key: new Uint8Array([2]),
      certificate: [new Uint8Array([3])],
    };
    const download = new Download({ url: "https://a/", secure });
    const used = download.network.stream.options.secure;
    assert.deepEqual(used?.roots, secure.roots);
    assert.equal(used?.serverName, "n");
    assert.equal(used?.key, undefined);
    assert.equal(used?.certificate, undefined);
    assert.equal(used?.handshakeTimeoutMs, 10_000);
    assert.equal(new Download({ secure }).network.stream.options.secure, undefined);
  });
});

describe("http: body", () => {
  const cases: [name: string, response: string, body: string][] = [
    ["with Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"],
    ["with a list of equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello"],
    ["that is empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
    ["that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nhello", "hello"],
    ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"],
    [
      "chunked with extensions and trailers",
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0003;a="b c"\r\nhel\r\nA ;x\r\nlo, world!\r\n00\r\nDigest: x\r\nB: y\r\n\r\n',
      "hello, world!",
    ],
    [
      "chunked, whatever Content-Length says",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "hello",
    ],
    [
      "after interim responses",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 200\r\n\r\nhello",
      "hello",
    ],
    ["of 204, which is none", "HTTP/1.1 204 No Content\r\n\r\n", ""],
    ["of 304, which is none whatever the length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""],
    ["of a 404, which is delivered too", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", "gone"],
  ];

  for (const [name, response, body] of cases) {
    it(`${name} is the same however the bytes are split`, () => {
      for (let size = 1; size <= response.length; size++) {
        const download = answered(response, size);
        assert.equal(download.text, body);
        assert.equal(download.ends, 1);
        assert.equal(download.responses.length, 1);
      }
    });
  }

  it("ends when it is complete, without waiting for the server to close", () => {
    const download = new Download();
    download.request();
    download.respond("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    assert.equal(download.ends, 1);
    assert.ok(download.network.stream.closed);
  });

  it("never delivers bytes beyond its length", () => {
    assert.equal(answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world").text, "hello");
  });

  it("tells its length where the head does", () => {
    assert.equal(answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").responses[0].length, 5);
    assert.equal(answered("HTTP/1.1 200 OK\r\n\r\nhello").responses[0].length, undefined);
    assert.equal(answered("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n").responses[0].length, 0);
  });

  it("tells the range of a partial response", () => {
    const range = (value: string, status = 206) =>
      answered(`HTTP/1.1 ${status} X\r\nContent-Range: ${value}\r\nContent-Length: 0\r\n\r\n`).responses[0]
        .contentRange;
    assert.deepEqual(range("bytes 100-199/1000"), { from: 100, to: 199, total: 1000 });
    assert.deepEqual(range("bytes 100-199/*"), { from: 100, to: 199, total: undefined });
    for (const value of ["bytes */1000", "items 1-2/3", "bytes 1-2", "bytes -1-2/3", ""])
      assert.equal(range(value), undefined, value);
    assert.equal(range("bytes 100-199/1000", 200), undefined);
  });

  it("is handed over in views of one buffer of 4096 bytes", () => {
    const buffers = new Set<unknown>();
    let longest = 0;
    const download = new Download(
      {},
      {
        data: (bytes) => {
          buffers.add(bytes.buffer);
          longest = Math.max(longest, bytes.byteLength);
        },
      },
    );
    download.request();
    download.respond(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(50_000)}`);
    assert.equal(buffers.size, 1);
    assert.equal(longest, 4096);
  });
});

describe("13.6 http: what curl takes on a plain file", () => {
  for (const [name, lines] of [
    ["an empty Content-Encoding", "Content-Encoding:\r\nContent-Length: 5\r\n\r\nhello"],
    ["aws-chunked", "Content-Encoding: aws-chunked\r\nContent-Length: 5\r\n\r\nhello"],
    ["aws-chunked in a list with nothing", "Content-Encoding: aws-chunked,\r\nContent-Length: 5\r\n\r\nhello"],
    ["Identity", "Content-Encoding: Identity\r\nContent-Length: 5\r\n\r\nhello"],
    ["what is no coding", "Content-Encoding: UTF-8\r\nContent-Length: 5\r\n\r\nhello"],
    ["Transfer-Encoding: identity", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"],
    ["Transfer-Encoding: Identity, to the end", "Transfer-Encoding: Identity\r\n\r\nhello"],
    ["an empty Transfer-Encoding", "Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello"],
    ["chunked said twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    [
      "a chunk size of 16 digits",
      "Transfer-Encoding: chunked\r\n\r\n0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n",
    ],
    ["a chunk size between blanks", "Transfer-Encoding: chunked\r\n\r\n 5 ;a=b\r\nhello\r\n0\r\n\r\n"],
  ] as const)
    it(name, () => {
      const download = answered(`HTTP/1.1 200 OK\r\n${lines}`);
      download.network.stream.end();
      assert.equal(download.text, "hello");
      assert.equal(download.ends, 1);
    });

  for (const coding of ["gzip", "br", "GZIP", "identity, deflate", "zstd"])
    it(`but not ${coding}, which changes the bytes`, () => {
      const text = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: 5\r\n\r\nhello`;
      assert.equal(answered(text).code, "bad-content-encoding");
    });
});

describe("http: broken responses", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  const cases: [name: string, response: string, code: string][] = [
    ["no answer at all", "", "short-head"],
    ["an unfinished head", "HTTP/1.1 200 OK\r\nA: b\r\n", "short-head"],
    ["another protocol", "SSH-2.0-x\r\n", "not-http"],
    ["a body shorter than its length", `${head}Content-Length: 6\r\n\r\nhello`, "short-body"],
    ["a missing last chunk", `${chunked}5\r\nhello\r\n`, "short-body"],
    ["an unfinished chunk", `${chunked}5\r\nhell`, "short-body"],
    ["unfinished trailers", `${chunked}0\r\nA: b\r\n`, "short-body"],
    ["a chunk size that is no number", `${chunked}x\r\nhello\r\n0\r\n\r\n`, "bad-chunk"],
    ["a negative chunk size", `${chunked}-1\r\n`, "bad-chunk"],
    ["a chunk size beyond all files", `${chunked}fffffffffffffff\r\n`, "bad-chunk"],
    ["a chunk longer than its size", `${chunked}4\r\nhello\r\n0\r\n\r\n`, "bad-chunk"],
    ["an endless chunk extension", `${chunked}5;${"x".repeat(300)}`, "bad-chunk"],
    ["endless trailers", `${chunked}0\r\n${"A: b\r\n".repeat(5000)}`, "bad-chunk"],
    ["two different lengths", `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, "bad-length"],
    ["a length that is no number", `${head}Content-Length: five\r\n\r\nhello`, "bad-length"],
    ["a negative length", `${head}Content-Length: -5\r\n\r\nhello`, "bad-length"],
    ["a huge length", `${head}Content-Length: 99999999999999999999\r\n\r\nhello`, "bad-length"],
    ["an unknown transfer coding", `${head}Transfer-Encoding: gzip, chunked\r\n\r\n`, "bad-transfer-encoding"],
    ["a compressed body", `${head}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`, "bad-content-encoding"],
    ["an upgrade that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "unasked-upgrade"],
    ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50), "interim-limit"],
    ["headers without end", `${head}${"a: b\r\n".repeat(50_000)}`, "too-many-headers"],
    ["a redirect without Location", "HTTP/1.1 302 Found\r\n\r\n", "bad-redirect"],
    ["a redirect to nowhere", "HTTP/1.1 302 Found\r\nLocation: ftp://a/\r\n\r\n", "bad-redirect"],
    ["a redirect that injects", "HTTP/1.1 302 Found\r\nLocation: http://a b/\r\n\r\n", "bad-redirect"],
  ];

  for (const [name, response, code] of cases) {
    it(`${name} is the fault ${code}, however it is split`, () => {
      const sizes = response.length > 1000 ? [1, 1000, response.length] : [1, 2, 3, 7, response.length];
      for (const size of sizes) {
        const download = answered(response, Math.max(1, size));
        assert.equal(download.code, code);
        assert.equal(download.faults[0].stage, "download");
        assert.ok(!download.faults[0].message.includes("secret"), "the query is not shown");
      }
    });
  }

  it("every cut of a response of known length is a fault, and the cut bytes were delivered", () => {
    const response = `${head}Content-Length: 5\r\n\r\nhello`;
    for (let cut = 0; cut < response.length; cut++) {
      const download = answered(response.slice(0, cut));
      assert.equal(download.code, cut < response.length - 5 ? "short-head" : "short-body");
      assert.equal(download.text, response.slice(response.length - 5, Math.max(cut, response.length - 5)));
    }
  });

  it("passes on the network's own fault", () => {
    const download = new Download();
    download.request();
    download.respond(`${head}\r\nhello`);
    download.network.stream.end(connectionReset("files.example", 80));
    assert.equal(download.code, "connection-reset");
    assert.equal(download.text, "hello");
  });
});

describe("http: damaged responses", () => {
  it("are understood alike however they are split, and always come to an end", () => {
    const good = encodeUtf8(
      "HTTP/1.1 103\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\nC: d\r\n\r\n",
    );
    const random = new SeededRandom(20_261_121);
    const where = new Uint8Array(2);
    const codes = new Set<string | undefined>();
    const outcome = (bytes: Uint8Array, size: number): unknown[] => {
      const download = new Download();
      download.request();
      download.network.stream.receive(bytes, size);
      download.network.stream.end();
      assert.equal(download.ends + download.faults.length, 1);
      codes.add(download.code);
      return [[...download.body], download.code, download.responses.length];
    };
    for (let round = 0; round < 300; round++) {
      const bytes = good.slice();
      random.fill(where);
      bytes[where[0] % bytes.byteLength] = where[1];
      const whole = outcome(bytes, bytes.byteLength);
      for (const size of [1, 3]) assert.deepEqual(outcome(bytes, size), whole);
    }
    assert.ok(codes.has(undefined) && codes.size > 4, [...codes].join());
  });
});

describe("http: what is spent", () => {
  it("is let go of: neither the signed URL nor a header once the response is there", () => {
    const download = new Download({ headers: [["authorization", "the token"]] });
    const { get, network, timers } = download;
    const holds = (text: string): boolean =>
      waysTo(reachable(get, [network, timers, download, network.stream]), [text]).length > 0;
    // The URL is in private fields of the language.
    assert.ok(!holds("sig=secret") && holds("the token"));
    download.request();
    download.respond("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    assert.ok(!holds("secret") && !holds("the token"));
    download.respond("b");
    assert.equal(download.ends, 1);
  });
});

describe("http: redirects", () => {
  const redirect = (download: Download, location: string, status = 302): void =>
    download.respond(`HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\nContent-Length: 4\r\n\r\nbody`);

  it("are followed for each status that asks for it, and only the last response is told", () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const download = new Download({ from: 10 });
      download.request();
      redirect(download, "/b?x=1", status);
      assert.ok(download.network.streams[0].closed);
      const lines = download.request();
      assert.equal(lines[0], "GET /b?x=1 HTTP/1.1");
      assert.ok(lines.includes("range: bytes=10-"), "the range is asked for again");
      download.respond("HTTP/1.1 206 X\r\nContent-Length: 2\r\n\r\nok");
      assert.equal(download.text, "ok");
      assert.deepEqual(
        download.responses.map((response) => response.status),
        [206],
      );
    }
  });

  it("are followed five times and not six times", () => {
    const download = new Download();
    for (let i = 0; i < 5; i++) {
      download.request();
      redirect(download, `/${i}`);
    }
    assert.equal(download.code, undefined);
    download.request();
    redirect(download, "/5");
    assert.equal(download.code, "redirect-limit");
    assert.equal(download.network.streams.length, 6);
  });

  it("never lead from https to http", () => {
    const download = new Download({ url: "https://a/x" });
    download.request();
    redirect(download, "http://a/x");
    assert.equal(download.code, "insecure-redirect");
    assert.equal(download.network.streams.length, 1);
  });

  it("take the caller's headers along within an origin only, and never back", () => {
    const download = new Download({ headers: [["authorization", "secret"]] });
    assert.ok(download.request().includes("authorization: secret"));
    redirect(download, "/same");
    assert.ok(download.request().includes("authorization: secret"));
    redirect(download, "http://files.example:8080/other-port");
    assert.ok(!download.request().includes("authorization: secret"));
    redirect(download, "http://files.example/back");
    assert.ok(!download.request().includes("authorization: secret"));
  });

  it("drop the caller's headers when the scheme changes", () => {
    const download = new Download({ headers: [["authorization", "secret"]] });
    download.request();
    redirect(download, "https://files.example/a");
    assert.equal(download.network.stream.options.port, 443);
    assert.ok(download.network.stream.options.secure, "TLS");
    assert.ok(!download.request().includes("authorization: secret"));
  });

  it("verify the new host by its own name", () => {
    const download = new Download({ url: "https://a/", secure: { serverName: "inner", roots: [] } });
    download.request();
    redirect(download, "https://b/");
    assert.equal(download.network.stream.options.host, "b");
    assert.equal(download.network.stream.options.secure?.serverName, undefined);
    assert.deepEqual(download.network.stream.options.secure?.roots, []);
  });
});

describe("http: timeouts, pause and close", () => {
  const start = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n";

  it("a silent server is a fault after the idle time", () => {
    const download = new Download();
    download.request();
    download.timers.advance(29_999);
    assert.equal(download.code, undefined);
    download.timers.advance(1);
    assert.equal(download.code, "idle-timeout");
    assert.ok(download.network.stream.closed);
  });

  it("any byte starts the idle time anew, in head and body", () => {
    const download = new Download();
    download.request();
    for (const byte of `${start}abc`) {
      download.timers.advance(29_999);
      download.respond(byte);
    }
    assert.equal(download.text, "abc");
    download.timers.advance(30_000);
    assert.equal(download.code, "idle-timeout");
  });

  it("while paused nothing is read and no time runs", () => {
    const download = new Download();
    download.request();
    download.respond(start);
    download.get.pause();
    download.respond("x".repeat(10_000));
    download.timers.advance(1_000_000);
    assert.equal(download.network.stream.unread, 10_000);
    assert.equal(download.timers.count, 0);
    download.get.resume();
    assert.equal(download.body.byteLength, 10_000);
    assert.equal(download.ends, 1);
  });

  it("connecting is not idling, also after a pause", () => {
    const download = new Download();
    download.get.pause();
    download.get.resume();
    download.timers.advance(1_000_000);
    assert.equal(download.code, undefined);
    download.request();
    download.timers.advance(30_000);
    assert.equal(download.code, "idle-timeout");
  });

  it("a pause from inside data holds back the rest of the buffer, and the end", () => {
    const response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n";
    const seen: string[] = [];
    const download = new Download(
      {},
      {
        data: (bytes) => {
          seen.push(decodeUtf8(bytes));
          download.get.pause();
        },
      },
    );
    download.request();
    download.respond(response);
    download.network.stream.end();
    assert.deepEqual(seen, ["a"]);
    download.get.resume();
    assert.deepEqual(seen, ["a", "b"]);
    download.get.resume();
    assert.deepEqual([seen.join(""), download.ends], ["abc", 0]);
    download.get.resume();
    assert.equal(download.ends, 1);
  });

  it("pause and resume inside one call of data change nothing", () => {
    let depth = 0;
    const download = new Download(
      {},
      {
        data: (bytes) => {
          assert.equal(depth++, 0, "data is not called from inside data");
          download.body = concat(download.body, bytes);
          download.get.pause();
          download.get.resume();
          depth--;
        },
      },
    );
    download.request();
    download.respond(start + "x".repeat(10_000));
    assert.equal(download.body.byteLength, 10_000);
    assert.equal(download.ends, 1);
  });

  it("nothing comes after close, from inside every callback", () => {
    const inside = new Download({}, { responded: () => inside.get.close() });
    inside.request();
    inside.respond("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert.equal(inside.ends, 0);
    const data = new Download({}, { data: () => data.get.close() });
    data.request();
    data.respond("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    assert.equal(data.ends, 0);
    assert.equal(data.timers.count, 0);
    assert.ok(data.network.stream.closed);
  });

  it("a callback that throws ends the download with a fault, and nothing reaches the host", () => {
    for (const name of ["responded", "data", "ended"]) {
      const download = new Download(
        {},
        {
          [name]: () => {
            throw new Error("mine");
          },
        },
      );
      download.request();
      download.respond("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
      assert.equal(download.code, "callback-threw");
      assert.equal(download.faults.length, 1);
      assert.ok(download.network.stream.closed);
    }
    const worst = new Download(
      {},
      {
        failed: () => {
          throw new Error("mine");
        },
      },
    );
    worst.request();
    worst.network.stream.end();
    assert.ok(worst.network.stream.closed);
  });
});
