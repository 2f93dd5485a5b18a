import { Fault } from "../../../modules/fault/fault.js";
import { connectionReset } from "../../../modules/fault/network.js";
import type { Crypto } from "../../../modules/platform/crypto.js";
import { fromHex, toHex } from "../../../modules/text/hex.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import { Violation } from "../../../modules/websocket/frame.js";
import { maxRefusalBodyBytes } from "../../../modules/websocket/refusal.js";
import { maxSendQueueBytes } from "../../../modules/websocket/sender.js";
import {
  type Closed,
  type UpgradeRefusal,
  WebSocketClient,
  type WebSocketListener,
  type WebSocketOptions,
} from "../../../modules/websocket/websocket.js";
import { assert, describe, it } from "../../support/harness.js";
import { ManualTimers } from "../../support/manual-timers.js";
import { reachable, waysTo } from "../../support/reachable.js";
import { ScriptedNetwork, type ScriptedStream } from "../../support/scripted-network.js";

// The handshake of RFC 6455 §1.3 and the mask of §5.7.
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const sampleSha1 = "b37a4f2cc0624f1690f64606cf385945b2bec4ea";
const sampleMask = "37fa213d";

const random = {
  fill: (into: Uint8Array): void =>
    into.set(into.byteLength === 16 ? encodeUtf8("the sample nonce") : fromHex(sampleMask)!),
};

/** Knows one hash: that of the sample key and the GUID. */
const crypto: Crypto = {
  digest: (name) => {
    let text = "";
    return {
      update: (bytes) => {
        text += decodeUtf8(bytes);
      },
      peek: () => assert.fail("not part of the handshake"),
      finish: () => {
        assert.equal(name, "sha1");
        assert.equal(text, `${sampleKey}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
        return fromHex(sampleSha1)!;
      },
    };
  },
  hmac: () => assert.fail("not part of the handshake"),
  pbkdf2: () => assert.fail("not part of the handshake"),
};

const accepted = [
  "HTTP/1.1 101 Switching Protocols",
  "date: Sat, 21 Nov 2026 18:48:52 GMT",
  "upgrade: websocket",
  "connection: Upgrade",
  `sec-websocket-accept: ${sampleAccept}`,
  "",
  "",
].join("\r\n");

/** One connection to a scripted server, and everything it told. */
class Connection {
  network = new ScriptedNetwork();
  timers = new ManualTimers();
  seen: string[] = [];
  refusals: UpgradeRefusal[] = [];
  closes: Closed[] = [];
  client: WebSocketClient;

  constructor(options: Partial<WebSocketOptions> = {}, heard: Partial<WebSocketListener> = {}) {
    const usual = {
      network: this.network,
      timers: this.timers,
      random,
      crypto,
      host: "hub.example",
      port: 4002,
      path: "/device-socket/websocket?vsn=2.0.0",
      headers: [["x-nh-alg", "NH1-HMAC-sha256-1000-32"]] as [string, string][],
      connectTimeoutMs: 10_000,
      upgradeTimeoutMs: 20_000,
      closeTimeoutMs: 5000,
    };
    const listener: WebSocketListener = {
      opened: (headers) => this.seen.push(`open ${headers.get("date")}`),
      text: (text) => this.seen.push(`text ${text}`),
      binary: (bytes) => this.seen.push(`binary ${toHex(bytes)}`),
      refused: (refusal) => this.refusals.push(refusal),
      closed: (closed) => this.closes.push(closed),
    };
    this.client = new WebSocketClient({ ...usual, ...options }, { ...listener, ...heard });
  }

  get stream(): ScriptedStream {
    return this.network.stream;
  }

  /** Connects, answers the upgrade, and forgets both. */
  open(): this {
    this.stream.open();
    this.stream.receive(encodeUtf8(accepted));
    this.stream.takeSent();
    this.seen = [];
    return this;
  }

  receive(hex: string, size?: number): void {
    this.stream.receive(fromHex(hex.replace(/ /g, ""))!, size);
  }

  get sent(): string {
    return toHex(this.stream.takeSent());
  }

  /** What came at the end, once: "1000", "1006 connection-lost", "refused 401". */
  get end(): string | undefined {
    const all = [
      ...this.closes.map(({ code, fault }) => (fault ? `${code} ${fault.code}` : String(code))),
      ...this.refusals.map(({ status }) => `refused ${status}`),
    ];
    assert.ok(all.length <= 1, all.join());
    if (all.length > 0) {
      assert.ok(this.stream.closed, "the stream is closed");
      assert.equal(this.timers.count, 0, "no timer is left");
    }
    return all[0];
  }
}

/** The bytes that the client sends for `payload`, masked with the sample mask. */
function masked(start: string, payload: Uint8Array): string {
  const mask = fromHex(sampleMask)!;
  const { byteLength } = payload;
  const length = byteLength < 126 ? [0x80 | byteLength] : [0xfe, byteLength >> 8, byteLength & 255];
  return start + toHex(new Uint8Array(length)) + sampleMask + toHex(payload.map((byte, i) => byte ^ mask[i & 3]));
}

function thrownCode(body: () => void): string {
  let code = "";
  assert.throws(body, (error) => {
    code = error instanceof Fault ? error.code : String(error);
    return true;
  });
  return code;
}

describe("websocket: opening handshake", () => {
  it("sends the request of the RFC with the caller's headers and no Origin", () => {
    const connection = new Connection();
    connection.stream.open();
    assert.deepEqual(decodeUtf8(connection.stream.takeSent()).split("\r\n"), [
      "GET /device-socket/websocket?vsn=2.0.0 HTTP/1.1",
      "host: hub.example:4002",
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      `sec-websocket-key: ${sampleKey}`,
      "x-nh-alg: NH1-HMAC-sha256-1000-32",
      "",
      "",
    ]);
  });

  it("opens however the answer is split, and takes frames that came with it", () => {
    const bytes = fromHex(`${toHex(encodeUtf8(accepted))}810548656c6c6f`)!;
    for (let size = 1; size <= bytes.byteLength; size++) {
      const connection = new Connection();
      connection.stream.open();
      connection.stream.receive(bytes, size);
      assert.deepEqual(connection.seen, ["open Sat, 21 Nov 2026 18:48:52 GMT", "text Hello"]);
      assert.equal(connection.timers.count, 0);
    }
  });

  it("takes interim responses, lists and any case", () => {
    const connection = new Connection();
    connection.stream.open();
    const answer = accepted
      .replace("connection: Upgrade", "Connection: keep-alive, UPGRADE")
      .replace("websocket\r", "WebSocket\r");
    connection.stream.receive(encodeUtf8(`HTTP/1.1 103 Early Hints\r\n\r\n${answer}`));
    assert.equal(connection.seen.length, 1);
  });

  it("13.10: takes a 101 whose lines for extensions and subprotocols are empty, however often and in whatever form", () => {
    for (const lines of [
      "sec-websocket-extensions:",
      "Sec-WebSocket-Extensions: ",
      "sec-websocket-protocol:\r\nsec-websocket-extensions: \t",
      "sec-websocket-protocol:\r\nsec-websocket-protocol:",
      "sec-websocket-extensions: ,, ,\r\nsec-websocket-protocol: ,",
    ]) {
      const connection = new Connection();
      connection.stream.open();
      connection.stream.receive(encodeUtf8(accepted.replace("date:", `${lines}\r\ndate:`)));
      assert.equal(connection.seen.length, 1, lines);
      assert.equal(connection.closes.length, 0, lines);
    }
  });

  it("refuses a 101 that is not a WebSocket's", () => {
    for (const [line, replaced, code] of [
      ["upgrade: websocket", "upgrade: h2c", "bad-upgrade"],
      ["upgrade: websocket\r\n", "", "bad-upgrade"],
      ["connection: Upgrade", "connection: close", "bad-connection"],
      ["connection: Upgrade\r\n", "", "bad-connection"],
      [sampleAccept, sampleAccept.toLowerCase(), "bad-accept"],
      [`sec-websocket-accept: ${sampleAccept}\r\n`, "", "bad-accept"],
      ["date:", "sec-websocket-extensions: permessage-deflate\r\ndate:", "unasked-extension"],
      ["date:", "sec-websocket-protocol: mqtt\r\ndate:", "unasked-protocol"],
      ["date:", "sec-websocket-protocol:\r\nsec-websocket-protocol: mqtt\r\ndate:", "unasked-protocol"],
    ]) {
      const connection = new Connection();
      connection.stream.open();
      connection.stream.receive(encodeUtf8(accepted.replace(line, replaced)));
      assert.equal(connection.end, `1006 ${code}`);
      assert.equal(connection.closes[0].fault?.stage, "upgrade");
      assert.deepEqual(connection.seen, []);
    }
  });

  it("ends with a fault when the server closes at any byte of its answer", () => {
    for (let cut = 0; cut < accepted.length; cut++) {
      const connection = new Connection();
      connection.stream.open();
      connection.stream.receive(encodeUtf8(accepted.slice(0, cut)));
      connection.stream.end();
      assert.equal(connection.end, "1006 upgrade-closed");
    }
  });

  it("ends with a fault when the server is silent, or answers byte by byte too slowly", () => {
    const silent = new Connection();
    silent.stream.open();
    silent.timers.advance(20_000);
    assert.equal(silent.end, "1006 upgrade-timeout");
    const slow = new Connection();
    slow.stream.open();
    for (const character of accepted) {
      slow.stream.receive(encodeUtf8(character));
      slow.timers.advance(1000);
    }
    assert.equal(slow.end, "1006 upgrade-timeout");
  });

  it("passes on why there was no connection", () => {
    const connection = new Connection();
    connection.stream.end(connectionReset("hub.example", 4002));
    assert.equal(connection.end, "1006 connection-reset");
  });

  it("tells wrong options in `closed`, after the constructor", () => {
    for (const options of [{ host: "https://hub" }, { port: 0 }, { path: "x y\n" }, { headers: [["a", "b\r\nc"]] }]) {
      const connection = new Connection(options as Partial<WebSocketOptions>);
      assert.deepEqual(connection.closes, []);
      connection.timers.advance(0);
      assert.equal(connection.closes[0].fault?.stage, "options");
      assert.equal(connection.network.streams.length, 0);
    }
  });

  it("gives TLS its options and a bound on the handshake", () => {
    const key = new Uint8Array([1]);
    assert.deepEqual(new Connection({ secure: { key } }).stream.options.secure, { key, handshakeTimeoutMs: 10_000 });
    assert.equal(new Connection().stream.options.secure, undefined);
  });

  it("finds garbage, endless heads and endless interim responses", () => {
    for (const [answer, code] of [
      ["\x15\x03\x01", "not-http"],
      [`HTTP/1.1 101 X\r\n${"a: b\r\n".repeat(10_000)}`, "too-many-headers"],
      [`HTTP/1.1 101 X\r\na: ${"b".repeat(100_000)}`, "header-line-too-long"],
      ["HTTP/1.1 100 X\r\n\r\n".repeat(100), "interim-limit"],
    ]) {
      const connection = new Connection();
      connection.stream.open();
      connection.stream.receive(encodeUtf8(answer), 4096);
      assert.equal(connection.end, `1006 ${code}`);
    }
  });
});

describe("websocket: refusal", () => {
  const refused = (answer: string, size?: number): Connection => {
    const connection = new Connection();
    connection.stream.open();
    connection.stream.receive(encodeUtf8(answer), size);
    return connection;
  };

  it("tells status, headers and body, however the answer is split", () => {
    const answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\nnh-connection-error-reason: why\r\n\r\nwhy!";
    for (let size = 1; size <= answer.length; size++) {
      const connection = refused(answer, size);
      assert.equal(connection.end, "refused 401");
      assert.equal(connection.refusals[0].reason, "Unauthorized");
      assert.equal(connection.refusals[0].headers.get("nh-connection-error-reason"), "why");
      assert.equal(connection.refusals[0].body, "why!");
    }
  });

  it("is told at once when there is no body", () => {
    assert.equal(refused("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").end, "refused 403");
    assert.equal(
      refused("HTTP/1.1 301\r\nlocation: https://docs\r\ncontent-length: 0\r\n\r\n").refusals[0].headers.get(
        "location",
      ),
      "https://docs",
    );
  });

  it("reads chunked and close-delimited bodies", () => {
    assert.equal(
      refused("HTTP/1.1 503 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n").refusals[0].body,
      "no",
    );
    const connection = refused("HTTP/1.1 503 X\r\n\r\nno");
    assert.equal(connection.end, undefined);
    connection.stream.end();
    assert.equal(connection.refusals[0].body, "no");
  });

  it("keeps a bounded piece of the body and does not wait for the rest", () => {
    const connection = refused(`HTTP/1.1 502 X\r\n\r\n${"é".repeat(10_000)}`);
    assert.equal(connection.end, "refused 502");
    assert.equal(connection.refusals[0].body, "é".repeat(maxRefusalBodyBytes / 2));
  });

  it("is told even when its body never comes, breaks off or is broken", () => {
    const slow = refused("HTTP/1.1 401 X\r\ncontent-length: 100\r\n\r\npart");
    slow.timers.advance(20_000);
    assert.equal(slow.refusals[0].body, "part");
    const reset = refused("HTTP/1.1 401 X\r\ncontent-length: 100\r\n\r\npart");
    reset.stream.end(connectionReset("hub.example", 4002));
    assert.equal(reset.refusals[0].body, "part");
    assert.equal(
      refused("HTTP/1.1 401 X\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n").refusals[0].body,
      "part",
    );
    assert.equal(refused("HTTP/1.1 401 X\r\ncontent-length: many\r\n\r\n").end, "refused 401");
  });
});

describe("websocket: what is spent", () => {
  const secret = "the signed token";
  const key = new Uint8Array([7, 7, 7]);

  /** Whether the client holds header or key; what the stream holds is the stream's. */
  const holds = ({ client, network, timers, stream }: Connection): boolean =>
    waysTo(reachable(client, [network, timers, stream]), [secret, key]).length > 0;

  it("is let go of: no header and no key once the request is sent and the server has agreed", () => {
    const connection = new Connection({ headers: [["x-nh-signature", secret]], secure: { key } });
    assert.equal(waysTo(reachable(connection.stream.options), [key]).length, 1, "the stream was given the key");
    connection.open();
    assert.ok(!holds(connection));
    connection.receive("810161");
    assert.deepEqual(connection.seen, ["text a"]);
  });
});

describe("websocket: sending", () => {
  it("masks as in RFC 6455 §5.7", () => {
    const connection = new Connection().open();
    connection.client.sendText("Hello");
    assert.equal(connection.sent, "818537fa213d7f9f4d5158");
  });

  it("writes lengths in the shortest form", () => {
    const connection = new Connection().open();
    for (const length of [0, 125, 126, 65_536 / 4]) {
      const text = "x".repeat(length);
      connection.client.sendText(text);
      assert.equal(connection.sent, masked("81", encodeUtf8(text)));
    }
  });

  it("masks payloads of every length wherever they come to lie in the queue", () => {
    const connection = new Connection().open();
    connection.stream.room = 0;
    let expected = "";
    for (let length = 0; length < 40; length++) {
      const text = "x".repeat(length);
      connection.client.sendText(text);
      expected += masked("81", encodeUtf8(text));
    }
    connection.stream.drain();
    assert.equal(connection.sent, expected);
  });

  it("takes a fresh mask for every frame", () => {
    let count = 0;
    const connection = new Connection({
      random: { fill: (into) => (into.byteLength === 4 ? into.fill(++count) : random.fill(into)) },
    }).open();
    connection.client.sendText("a");
    connection.client.sendText("a");
    assert.equal(connection.sent, "81810101010160" + "81810202020263");
  });

  it("is refused before the opening and after the closing", () => {
    const connection = new Connection();
    assert.equal(
      thrownCode(() => connection.client.sendText("a")),
      "not-open",
    );
    connection.open();
    connection.client.close();
    assert.equal(
      thrownCode(() => connection.client.sendText("a")),
      "not-open",
    );
  });

  it("keeps the order when the network takes bytes in pieces", () => {
    const connection = new Connection().open();
    connection.stream.room = 0;
    const texts = ["first", "x".repeat(3000), "third"];
    for (const text of texts) connection.client.sendText(text);
    const expected = texts.map((text) => masked("81", encodeUtf8(text))).join("");
    assert.equal(connection.client.bufferedBytes, expected.length / 2);
    for (let i = 0; i < expected.length / 2; i += 7) connection.stream.drain(7);
    assert.equal(connection.sent, expected);
    assert.equal(connection.client.bufferedBytes, 0);
  });

  it("refuses what does not fit the queue, and goes on when it has drained", () => {
    const connection = new Connection().open();
    connection.stream.room = 0;
    const text = "x".repeat(10_000);
    const send = (): void => connection.client.sendText(text);
    for (let i = 0; i < 3; i++) send();
    assert.equal(thrownCode(send), "send-queue-full");
    assert.equal(
      thrownCode(() => connection.client.sendText("x".repeat(maxSendQueueBytes))),
      "message-exceeds-queue",
    );
    connection.stream.drain();
    send();
    assert.equal(connection.sent, masked("81", encodeUtf8(text)).repeat(4));
  });
});

describe("websocket: ping and pong", () => {
  it("answers a ping with its payload, also between fragments", () => {
    const connection = new Connection().open();
    connection.receive("010348656c 890548656c6c6f 80026c6f");
    assert.equal(connection.sent, masked("8a", encodeUtf8("Hello")));
    assert.deepEqual(connection.seen, ["text Hello"]);
  });

  it("keeps of a flood of pings only the newest answer while nothing can be sent", () => {
    const connection = new Connection().open();
    connection.stream.room = 0;
    connection.client.sendText("before");
    for (let i = 0; i < 10_000; i++) connection.receive(`8901${toHex(new Uint8Array([i & 255]))}`);
    assert.ok(connection.client.bufferedBytes < 300, String(connection.client.bufferedBytes));
    connection.stream.drain();
    assert.equal(connection.sent, masked("81", encodeUtf8("before")) + masked("8a", new Uint8Array([9999 & 255])));
  });

  it("does not put a pong into the middle of a frame that is half sent", () => {
    const connection = new Connection().open();
    connection.stream.room = 4;
    connection.client.sendText("before");
    connection.receive("890101");
    connection.stream.drain(3);
    connection.stream.drain();
    assert.equal(connection.sent, masked("81", encodeUtf8("before")) + masked("8a", new Uint8Array([1])));
  });
});

describe("websocket: closing", () => {
  const normal = masked("88", fromHex("03e8")!);

  it("by the server: the code is answered and reported when the connection ends", () => {
    const connection = new Connection().open();
    connection.receive("880603e962796521", 1);
    assert.equal(connection.sent, masked("88", fromHex("03e9")!));
    assert.equal(connection.end, undefined);
    connection.stream.end();
    assert.deepEqual(connection.closes, [{ code: 1001, reason: "bye!" }]);
    assert.equal(connection.end, "1001");
  });

  it("by the server without a code: reported as 1005, answered with an empty frame", () => {
    const connection = new Connection().open();
    connection.receive("8800");
    assert.equal(connection.sent, masked("88", new Uint8Array(0)));
    connection.stream.end();
    assert.equal(connection.end, "1005");
  });

  it("by the server, which then leaves the connection standing: ended here, and still clean", () => {
    const connection = new Connection().open();
    connection.receive("880203e8");
    connection.timers.advance(5000);
    assert.equal(connection.end, "1000");
  });

  it("by the server with a reset behind it: still clean", () => {
    const connection = new Connection().open();
    connection.receive("880203e8");
    connection.stream.end(connectionReset("hub.example", 4002));
    assert.equal(connection.end, "1000");
  });

  it("by us: code and reason are sent after what was queued, the answer is reported", () => {
    const connection = new Connection().open();
    connection.stream.room = 0;
    connection.client.sendText("last");
    connection.client.close(4000, "done");
    connection.client.close();
    connection.stream.drain();
    assert.equal(connection.sent, masked("81", encodeUtf8("last")) + masked("88", fromHex("0fa0646f6e65")!));
    connection.receive("880203e8");
    assert.equal(connection.sent, "", "an answer is not answered");
    connection.stream.end();
    assert.equal(connection.end, "1000");
  });

  it("by us: messages that are still under way are not delivered, pings not answered", () => {
    const connection = new Connection().open();
    connection.client.close();
    assert.equal(connection.sent, normal);
    connection.receive("810161 820161 8900 8a00 880203e8");
    assert.deepEqual([connection.seen, connection.sent], [[], ""]);
    connection.stream.end();
    assert.equal(connection.end, "1000");
  });

  it("by us, without an answer", () => {
    const silent = new Connection().open();
    silent.client.close();
    silent.timers.advance(5000);
    assert.equal(silent.end, "1006 close-timeout");
    const gone = new Connection().open();
    gone.client.close();
    gone.stream.end();
    assert.equal(gone.end, "1006 connection-lost");
  });

  it("cuts a long reason between characters", () => {
    const connection = new Connection().open();
    connection.client.close(1000, "é".repeat(100));
    assert.equal(connection.sent, masked("88", fromHex(`03e8${"c3a9".repeat(61)}`)!));
  });

  it("sends no code that may not be sent", () => {
    for (const code of [1005, 1006, 1015, 0, 70_000]) {
      const connection = new Connection().open();
      connection.client.close(code, "x");
      assert.equal(connection.sent, masked("88", new Uint8Array(0)));
    }
  });

  it("before the opening ends the attempt, with `closed` after close has returned", () => {
    for (const opened of [false, true]) {
      const connection = new Connection();
      if (opened) connection.stream.open();
      connection.client.close();
      assert.deepEqual(connection.closes, []);
      connection.timers.advance(0);
      assert.equal(connection.end, "1006");
    }
  });

  it("without a close frame is reported as 1006 with the reason", () => {
    const ended = new Connection().open();
    ended.stream.end();
    assert.equal(ended.end, "1006 connection-lost");
    const reset = new Connection().open();
    reset.stream.end(connectionReset("hub.example", 4002));
    assert.equal(reset.end, "1006 connection-reset");
  });
});

describe("websocket: failing", () => {
  it("a violation is answered with its code and reported with its fault when the connection ends", () => {
    for (const [bytes, code, fault] of [
      ["c10161", "03ea", "reserved-bits"],
      ["8101ff", "03ef", "invalid-utf8"],
      ["827f0000000100000000", "03f1", "message-too-big"],
    ]) {
      const connection = new Connection().open();
      connection.receive(bytes);
      assert.equal(connection.sent, masked("88", fromHex(code)!));
      connection.receive("810161 8900");
      assert.deepEqual([connection.seen, connection.sent], [[], ""], "what follows is not looked at");
      connection.stream.end();
      assert.equal(connection.end, `1006 ${fault}`);
      const reported = connection.closes[0].fault;
      assert.ok(reported instanceof Violation && reported.closeCode === Number.parseInt(code, 16));
    }
  });

  it("does not wait for a server that does not end the connection", () => {
    const connection = new Connection().open();
    connection.receive("ff");
    connection.receive("00");
    connection.timers.advance(5000);
    assert.equal(connection.end, "1006 reserved-bits");
  });

  it("a callback that throws ends the connection with a fault, and nothing reaches the host", () => {
    const boom = (): never => {
      throw new Error("mine");
    };
    for (const [name, bytes] of [
      ["text", "810161"],
      ["binary", "820161"],
    ]) {
      const connection = new Connection({}, { [name]: boom }).open();
      connection.receive(bytes);
      assert.equal(connection.sent, masked("88", fromHex("03f3")!));
      connection.stream.end();
      assert.equal(connection.end, "1006 callback-threw");
      assert.equal(connection.closes[0].fault?.stage, "application");
    }
    const opening = new Connection({}, { opened: boom }).open();
    opening.stream.end();
    assert.equal(opening.end, "1006 callback-threw");
  });

  it("a listener that throws at the end does not reach the host", () => {
    const boom = (): never => {
      throw new Error("mine");
    };
    const refused = new Connection({}, { refused: boom });
    refused.stream.open();
    refused.stream.receive(encodeUtf8("HTTP/1.1 403 X\r\ncontent-length: 0\r\n\r\n"));
    assert.equal(refused.end, "1006 callback-threw");
    const closed = new Connection({}, { closed: boom });
    closed.stream.end();
    assert.ok(closed.stream.closed);
  });
});

describe("websocket: abort", () => {
  it("ends at once and silently in every state", () => {
    const states: ((connection: Connection) => void)[] = [
      () => undefined,
      ({ stream }) => stream.open(),
      ({ stream }) => {
        stream.open();
        stream.receive(encodeUtf8("HTTP/1.1 401 X\r\n\r\npart"));
      },
      (connection) => void connection.open(),
      (connection) => connection.open().client.close(),
      (connection) => connection.open().receive("880203e8"),
      (connection) => connection.open().receive("ff00"),
    ];
    for (const reach of states) {
      const connection = new Connection();
      reach(connection);
      connection.seen = [];
      connection.client.abort();
      connection.receive("810161");
      connection.stream.end();
      connection.timers.advance(100_000);
      connection.client.close();
      connection.timers.advance(100_000);
      assert.deepEqual(connection.seen, []);
      assert.equal(connection.end, undefined);
      assert.ok(connection.stream.closed);
      assert.equal(connection.timers.count, 0);
    }
  });

  it("from inside opened and text stops what came in the same bytes", () => {
    const opening = new Connection({}, { opened: () => opening.client.abort() });
    opening.stream.open();
    opening.stream.receive(fromHex(`${toHex(encodeUtf8(accepted))}810161`)!);
    assert.deepEqual(opening.seen, []);
    const texts: string[] = [];
    const reading = new Connection(
      {},
      {
        text: (text) => {
          texts.push(text);
          reading.client.abort();
        },
      },
    ).open();
    reading.receive("810161 810162 ff");
    assert.deepEqual(texts, ["a"]);
    assert.equal(reading.end, undefined);
  });
});
