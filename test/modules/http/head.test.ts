import { Fault } from "../../../modules/fault/fault.js";
import { HeadReader, maxHeaderCount, maxHeaderLineBytes, type ResponseHead } from "../../../modules/http/head.js";
import { fromHex } from "../../../modules/text/hex.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, fixture, it } from "../../support/harness.js";

function read(text: string, size = 1): { head: ResponseHead | undefined; rest: string } {
  const bytes = encodeUtf8(text);
  const reader = new HeadReader("upgrade", "ws://hub.example");
  for (let at = 0; at < bytes.byteLength; at += size) {
    const to = Math.min(at + size, bytes.byteLength);
    const next = reader.push(bytes, at, to);
    if (reader.head) return { head: reader.head, rest: decodeUtf8(bytes.subarray(next)) };
  }
  return { head: undefined, rest: "" };
}

function code(text: string): string {
  let found = "";
  assert.throws(
    () => read(text),
    (error) => {
      found = error instanceof Fault ? error.code : String(error);
      return true;
    },
  );
  return found;
}

describe("http: response head", () => {
  const text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-A:  b \r\n\r\n\x81\x05";

  it("is the same however the bytes are split", () => {
    for (let size = 1; size <= text.length; size++) {
      const { head, rest } = read(text, size);
      assert.equal(head?.status, 101);
      assert.equal(head?.reason, "Switching Protocols");
      assert.equal(head?.headers.get("upgrade"), "websocket");
      assert.equal(head?.headers.get("x-a"), "b");
      assert.equal(rest, "\x81\x05");
    }
  });

  it("needs no reason phrase, with or without the blank", () => {
    for (const line of ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200"]) {
      assert.deepEqual(read(`${line}\r\n\r\n`).head, { status: 200, reason: "", headers: new Map() });
    }
  });

  it("takes bare line feeds and empty lines before the status line", () => {
    assert.equal(read("\r\n\nHTTP/1.1 204 No\nA: 1\n\n").head?.headers.get("a"), "1");
  });

  for (const [hex, status, reason] of [
    ["3430332056657262c3", 403, "Verb\ufffd"],
    ["343033205665e282", 403, "Ve\ufffd"],
    ["34303320f09f98", 403, "\ufffd"],
    ["343033c3", 403, "\ufffd"],
    ["343033204e6fc3a920ff", 403, "Noé \ufffd"],
    ["34303320c0af20c3a9eda080", 403, "\ufffd\ufffd é\ufffd\ufffd\ufffd"],
    ["31303120e9", 101, "\ufffd"],
  ] as const) {
    it(`13.20: a status line that is not UTF-8 (${hex}) is judged by its number, its text shown with U+FFFD`, () => {
      for (const end of ["0d0a0d0a", "0a0a"]) {
        const bytes = fromHex(`485454502f312e3120${hex}${end}`)!;
        for (let size = 1; size <= bytes.byteLength; size++) {
          const reader = new HeadReader("upgrade", "ws://hub.example");
          for (let at = 0; at < bytes.byteLength; at += size)
            reader.push(bytes, at, Math.min(at + size, bytes.byteLength));
          assert.deepEqual(reader.head, { status, reason, headers: new Map() });
        }
      }
    });
  }

  it("joins repeated and folded headers", () => {
    const { head } = read("HTTP/1.1 200 OK\r\nA: 1\r\nB: x\r\n\ty\r\na: 2\r\n\r\n");
    assert.equal(head?.headers.get("a"), "1, 2");
    assert.equal(head?.headers.get("b"), "x y");
  });

  it("keeps names that objects would trip over", () => {
    const { head } = read("HTTP/1.1 200 OK\r\n__proto__: 1\r\nconstructor: 2\r\n\r\n");
    assert.equal(head?.headers.get("__proto__"), "1");
    assert.equal(head?.headers.get("constructor"), "2");
  });

  it("survives bytes that are not UTF-8", () => {
    const bytes = encodeUtf8("HTTP/1.1 200 OK\r\nA: x_y\r\n\r\n");
    bytes[bytes.indexOf(0x5f)] = 0xe9;
    const reader = new HeadReader("upgrade", "");
    reader.push(bytes, 0, bytes.byteLength);
    assert.equal(reader.head?.headers.get("a"), "x\ufffdy");
  });

  it("finds out another protocol by its first bytes, without waiting for a line", () => {
    for (const start of ["\x15\x03\x03", "SSH-2.0", "220 smtp", "<html>", "HTTQ", "ICY 200 OK\r\n"])
      assert.equal(code(start), "not-http");
  });

  it("refuses malformed status lines", () => {
    for (const line of [
      "HTTP/2 200 OK",
      "HTTP/1.1 20 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 600 X",
      "HTTP/1.1200 OK",
      "HTTP/1.1 abc",
    ]) {
      assert.equal(code(`${line}\r\n\r\n`), "not-http", line);
    }
  });

  it("refuses malformed header lines", () => {
    for (const line of ["no colon", "a: b\0c", "a: b\rc", " folded: first"]) {
      assert.equal(code(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`), "bad-header", line);
    }
  });

  it("13.6 takes a blank before the colon, and passes over a header without a usable name, as curl does", () => {
    const text = "HTTP/1.1 200 OK\r\nA : b\r\n: no name\r\nc d: e\r\n\u00e9: f\r\nlast\t:g\r\n\r\n";
    const reader = new HeadReader("download", "peer");
    const bytes = encodeUtf8(text);
    reader.push(bytes, 0, bytes.byteLength);
    assert.deepEqual(
      [...(reader.head?.headers ?? [])],
      [
        ["a", "b"],
        ["last", "g"],
      ],
    );
  });

  it("refuses control characters in the reason, which would reach a log", () => {
    assert.equal(code("HTTP/1.1 200 O\x1b[2JK\r\n\r\n"), "bad-header");
  });

  it("bounds the line, the number of lines and the whole", () => {
    const start = "HTTP/1.1 200 OK\r\n";
    const fits = "x".repeat(maxHeaderLineBytes - 5);
    assert.equal(read(`${start}a: ${fits}\r\n\r\n`, 1000).head?.headers.get("a"), fits);
    assert.equal(code(`${start}a: ${fits}x\r\n\r\n`), "header-line-too-long");
    assert.equal(code(`HTTP/1.1 200 ${"x".repeat(maxHeaderLineBytes)}`), "header-line-too-long");
    assert.equal(read(`${start}${"a: 1\r\n".repeat(maxHeaderCount)}\r\n`).head?.status, 200);
    assert.equal(code(`${start}${"a: 1\r\n".repeat(maxHeaderCount + 1)}`), "too-many-headers");
    assert.equal(code(`${start}${`a: ${"x".repeat(1000)}\r\n`.repeat(20)}`), "head-too-long");
    assert.equal(code("\r\n".repeat(10_000)), "head-too-long");
  });
});

describe("http: recorded refusals", () => {
  interface Recorded {
    kind: string;
    head: string[];
  }

  for (const name of ["upgrade-paths", "auth-failures", "rate-limit", "platform-unavailable"]) {
    it(`reads every response of ${name}`, () => {
      let count = 0;
      for (const line of decodeUtf8(fixture(`transcripts/${name}.jsonl`)).split("\n")) {
        if (!line.includes('"kind":"http.response"')) continue;
        const recorded: Recorded = JSON.parse(line);
        const { head } = read(`${recorded.head.join("\r\n")}\r\n\r\n`);
        const [, status, reason] = /^HTTP\/1.1 ([0-9]+) (.*)$/.exec(recorded.head[0])!;
        assert.equal(head?.status, Number(status));
        assert.equal(head?.reason, reason);
        assert.equal(head?.headers.size, recorded.head.length - 1);
        assert.ok(head?.headers.get("date")?.endsWith("GMT"));
        count++;
      }
      assert.ok(count > 0);
    });
  }
});
