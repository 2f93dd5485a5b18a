/*
 * Bounds of HTTP, at the limit and one beyond it.
 */

import type { Fault } from "../../modules/fault/fault.js";
import { BodyReader, maxChunkLineBytes } from "../../modules/http/body.js";
import { HttpGet, type HttpListener, maxRedirects } from "../../modules/http/get.js";
import {
  HeadReader,
  maxHeadBytes,
  maxHeaderCount,
  maxHeaderLineBytes,
  maxInterimResponses,
} from "../../modules/http/head.js";
import type { ByteStreamListener, ByteStreamOptions } from "../../modules/platform/byte-stream.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { Opening } from "../../modules/websocket/opening.js";
import { maxRefusalBodyBytes, RefusalReader } from "../../modules/websocket/refusal.js";
import { SharedSecret } from "../../src/connection/credentials.js";
import { redirectLocation } from "../../src/connection/redirect.js";
import { assert, crypto, describe, stackInUse } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { ManualTimers } from "../support/manual-timers.js";
import { ScriptedNetwork } from "../support/scripted-network.js";

const start = "HTTP/1.1 200 OK\r\n";

/** The code of the fault that `body` throws, "" when it throws none. */
function code(body: () => unknown): string {
  try {
    body();
    return "";
  } catch (error) {
    return (error as Fault).code;
  }
}

function head(text: string): HeadReader {
  const reader = new HeadReader("download", "http://files.example");
  const bytes = encodeUtf8(text);
  reader.push(bytes, 0, bytes.byteLength);
  return reader;
}

/** Header lines of exactly so many bytes, line ends included. */
function lines(bytes: number): string {
  let text = "";
  while (bytes > 0) {
    const size = Math.min(bytes, 4096);
    text += `a: ${"x".repeat(size - 5)}\r\n`;
    bytes -= size;
  }
  return text;
}

class Download {
  readonly network = new ScriptedNetwork();
  readonly #faults: string[] = [];
  /** How deep the stack was at each connection. */
  readonly depths: number[] = [];
  status = 0;

  constructor() {
    const listener: HttpListener = {
      responded: ({ status }) => {
        this.status = status;
      },
      data: () => {},
      ended: () => {},
      failed: (fault) => this.#faults.push(fault.code),
    };
    const options = {
      network: {
        open: (options: ByteStreamOptions, listener: ByteStreamListener) => {
          this.depths.push(stackInUse());
          return this.network.open(options, listener);
        },
      },
      timers: new ManualTimers(),
      url: "http://files.example/a",
      connectTimeoutMs: 1000,
      idleTimeoutMs: 1000,
    };
    new HttpGet(options, listener);
  }

  answer(text: string): void {
    this.network.stream.open();
    this.network.stream.receive(encodeUtf8(text));
  }

  get end(): number | string {
    return this.#faults[0] ?? this.status;
  }
}

describe("limits: HTTP", () => {
  limit("maxHeaderLineBytes", "a line that long is read, a byte more is refused", () => {
    const value = "x".repeat(maxHeaderLineBytes - "a: \r\n".length);
    assert.equal(head(`${start}a: ${value}\r\n\r\n`).head?.headers.get("a"), value);
    assert.equal(
      code(() => head(`${start}a: ${value}x\r\n\r\n`)),
      "header-line-too-long",
    );
  });

  limit("maxHeaderCount", "that many lines are read, one more is refused", () => {
    assert.equal(head(`${start}${"a: 1\r\n".repeat(maxHeaderCount)}\r\n`).head?.status, 200);
    assert.equal(
      code(() => head(`${start}${"a: 1\r\n".repeat(maxHeaderCount + 1)}\r\n`)),
      "too-many-headers",
    );
  });

  limit("maxHeadBytes", "a head that long is read, a byte more is refused; trailers likewise", () => {
    const room = maxHeadBytes - start.length - 2;
    assert.equal(head(`${start}${lines(room)}\r\n`).head?.status, 200);
    assert.equal(
      code(() => head(`${start}${lines(room + 1)}\r\n`)),
      "head-too-long",
    );
    const trailers = (bytes: number) => {
      const body = new BodyReader(
        { status: 200, reason: "", headers: new Map([["transfer-encoding", "chunked"]]) },
        "download",
        "",
      );
      const text = encodeUtf8(
        `0\r\n${"b: 1\r\n".repeat(Math.floor(bytes / 6) - 1)}${`c: ${"x".repeat((bytes % 6) + 1)}\r\n`}\r\n`,
      );
      let at = 0;
      while (at < text.byteLength && !body.done) at = body.push(text, at, text.byteLength);
      return body.done;
    };
    // The empty line at the end counts as well.
    assert.equal(trailers(maxHeadBytes - 2), true);
    assert.equal(
      code(() => trailers(maxHeadBytes - 1)),
      "bad-chunk",
    );
  });

  limit("maxInterimResponses", "that many are passed over, one more ends it, in downloads and in the upgrade", () => {
    const interim = (count: number) =>
      `${"HTTP/1.1 103 Early\r\n\r\n".repeat(count)}HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n`;
    const upgrade = (count: number) => {
      const url = { scheme: "ws", host: "hub.example", port: 80, path: "/" } as const;
      const opening = new Opening(url, [], { fill: () => {} }, crypto);
      const bytes = encodeUtf8(interim(count));
      opening.push(bytes, 0, bytes.byteLength);
      return opening.refusal?.status;
    };
    for (const [count, end] of [
      [maxInterimResponses, 404],
      [maxInterimResponses + 1, "interim-limit"],
    ] as const) {
      const download = new Download();
      download.answer(interim(count));
      assert.equal(download.end, end);
    }
    assert.equal(upgrade(maxInterimResponses), 404);
    assert.equal(
      code(() => upgrade(maxInterimResponses + 1)),
      "interim-limit",
    );
  });

  limit("maxRedirects", "that many are followed, one more is not, in downloads and in the upgrade", () => {
    for (const [count, end] of [
      [maxRedirects, 200],
      [maxRedirects + 1, "redirect-limit"],
    ] as const) {
      const download = new Download();
      for (let i = 0; i < count; i++) download.answer("HTTP/1.1 302 Found\r\nlocation: /b\r\n\r\n");
      if (count <= maxRedirects) download.answer(`${start}\r\n`);
      assert.equal(download.end, end);
      assert.equal(new Set(download.depths.slice(1)).size, 1);
    }
    const refusal = {
      status: 302,
      reason: "",
      headers: new Map([["location", "http://b.example/device-socket/websocket"]]),
      body: "",
    };
    const credentials = new SharedSecret("nhp_x", "x", "x");
    const from = { host: "a.example", port: 80, ssl: false, path: "/device-socket/websocket" };
    const followed = (count: number) => redirectLocation(from, refusal, credentials, count);
    assert.equal(followed(maxRedirects - 1).constructor, Object);
    assert.equal((followed(maxRedirects) as Fault).code, "too-many-redirects");
  });

  limit("maxChunkLineBytes", "a size line that long is read, a byte more is refused", () => {
    const chunk = (bytes: number) => {
      const body = new BodyReader(
        { status: 200, reason: "", headers: new Map([["transfer-encoding", "chunked"]]) },
        "download",
        "",
      );
      const text = encodeUtf8(`1;${"x".repeat(bytes - 4)}\r\nA\r\n`);
      body.push(text, 0, text.byteLength);
      return body.taken;
    };
    assert.equal(chunk(maxChunkLineBytes), 1);
    assert.equal(
      code(() => chunk(maxChunkLineBytes + 1)),
      "bad-chunk",
    );
  });

  limit("maxRefusalBodyBytes", "a body that long is kept whole, of a longer one its beginning", () => {
    const kept = (bytes: number) => {
      const reader = new RefusalReader({ status: 403, reason: "", headers: new Map() }, "");
      reader.push(encodeUtf8("x".repeat(bytes)), 0, bytes);
      return [reader.done, reader.refusal.body.length];
    };
    assert.deepEqual(kept(maxRefusalBodyBytes - 1), [false, maxRefusalBodyBytes - 1]);
    assert.deepEqual(kept(maxRefusalBodyBytes), [true, maxRefusalBodyBytes]);
    assert.deepEqual(kept(maxRefusalBodyBytes + 1), [true, maxRefusalBodyBytes]);
  });
});
