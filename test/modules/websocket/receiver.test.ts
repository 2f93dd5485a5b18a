import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { fromHex, toHex } from "../../../modules/text/hex.js";
import { decodeLossy } from "../../../modules/text/lossy.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { Violation } from "../../../modules/websocket/frame.js";
import { maxMessageBytes, Receiver } from "../../../modules/websocket/receiver.js";
import { assert, describe, it } from "../../support/harness.js";
import { concat } from "../../support/scripted-network.js";

/** What a receiver makes of `bytes` in segments of `size`: "text:Hello", "close:1000:", … and at the end a violation. */
function events(bytes: Uint8Array, size = bytes.byteLength): string[] {
  const seen: string[] = [];
  const receiver = new Receiver({
    text: (text) => seen.push(`text:${text}`),
    binary: (piece) => seen.push(`binary:${piece.byteLength > 1000 ? piece.byteLength : toHex(piece)}`),
    ping: (piece) => seen.push(`ping:${decodeLossy(piece)}`),
    closeFrame: (code, reason) => seen.push(`close:${code}:${reason}`),
  });
  try {
    for (let at = 0; at < bytes.byteLength; at += size) receiver.push(bytes, at, Math.min(at + size, bytes.byteLength));
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    seen.push(`${error.closeCode} ${error.code}`);
  }
  return seen;
}

const hex = (text: string): Uint8Array => fromHex(text.replace(/ /g, ""))!;

/** A frame as a server makes it; `start` is the first byte in hexadecimal. */
function frame(start: string, payload: Uint8Array): Uint8Array {
  const { byteLength } = payload;
  const header = [Number.parseInt(start, 16)];
  if (byteLength < 126) header.push(byteLength);
  else if (byteLength < 65_536) header.push(126, byteLength >> 8, byteLength & 255);
  else header.push(127, 0, 0, 0, 0, 0, byteLength >> 16, (byteLength >> 8) & 255, byteLength & 255);
  return concat(new Uint8Array(header), payload);
}

describe("websocket: received frames (RFC 6455 §5.7)", () => {
  const cases: [name: string, bytes: string, expected: string[]][] = [
    ["an unmasked text message", "810548656c6c6f", ["text:Hello"]],
    ["a fragmented text message", "010348656c 80026c6f", ["text:Hello"]],
    ["a ping", "890548656c6c6f", ["ping:Hello"]],
    ["a pong, which nobody has asked for", "8a0548656c6c6f", []],
    ["an empty text message", "8100", ["text:"]],
    ["an empty binary message", "8200", ["binary:"]],
    ["empty fragments", "0100 0000 8000", ["text:"]],
    ["a binary message in three fragments", "020101 000102 800103", ["binary:010203"]],
    ["control frames between fragments", "010348656c 890161 8a0162 80026c6f", ["ping:a", "text:Hello"]],
    ["a character split between fragments", "0102e282 8001ac", ["text:€"]],
    ["two messages", "810161 820162", ["text:a", "binary:62"]],
    ["a close frame", "880203e8", ["close:1000:"]],
    ["a close frame with a reason", "880603e8 62796521", ["close:1000:bye!"]],
    ["a close frame without a code", "8800", ["close:1005:"]],
    ["nothing after a close frame", "880203e8 810161 ff", ["close:1000:"]],
  ];

  for (const [name, bytes, expected] of cases) {
    it(`${name}, however it is split`, () => {
      const all = hex(bytes);
      for (let size = 1; size <= all.byteLength; size++) assert.deepEqual(events(all, size), expected);
    });
  }

  it("lengths at every border of their three forms", () => {
    for (const length of [125, 126, 127, 256, 65_535, 65_536]) {
      const text = "x".repeat(length);
      for (const size of [1021, 100_000])
        assert.deepEqual(events(frame("81", encodeUtf8(text)), size), [`text:${text}`]);
    }
  });

  it("256 bytes and 64 KiB of binary, as in the RFC", () => {
    assert.equal(toHex(frame("82", new Uint8Array(256)).subarray(0, 4)), "827e0100");
    assert.equal(toHex(frame("82", new Uint8Array(65_536)).subarray(0, 10)), "827f0000000000010000");
    assert.deepEqual(events(frame("82", new Uint8Array(256))), [`binary:${"00".repeat(256)}`]);
  });

  it("a long message in many fragments, and a short one after it", () => {
    const piece = encodeUtf8("y".repeat(1000));
    const fragments = [frame("01", piece)];
    for (let i = 0; i < 50; i++) fragments.push(frame("00", piece));
    fragments.push(frame("80", piece), frame("81", encodeUtf8("z")));
    assert.deepEqual(events(concat(...fragments), 777), [`text:${"y".repeat(52_000)}`, "text:z"]);
  });
});

describe("websocket: violations", () => {
  const cases: [name: string, bytes: string, violation: string][] = [
    ["RSV1 without an extension", "c10161", "1002 reserved-bits"],
    ["RSV2", "a10161", "1002 reserved-bits"],
    ["RSV3", "910161", "1002 reserved-bits"],
    ["RSV1 on a control frame", "c900", "1002 reserved-bits"],
    ["a masked frame", "818137fa213d56", "1002 masked-frame"],
    ["opcode 3", "8300", "1002 reserved-opcode"],
    ["opcode 7", "8700", "1002 reserved-opcode"],
    ["opcode 11", "8b00", "1002 reserved-opcode"],
    ["opcode 15", "8f00", "1002 reserved-opcode"],
    ["a continuation of nothing", "800161", "1002 unexpected-continuation"],
    ["a continuation after the end", "8101 61 0001 62", "1002 unexpected-continuation"],
    ["a text message inside a message", "010161 810162", "1002 unfinished-message"],
    ["a binary message inside a message", "010161 020162", "1002 unfinished-message"],
    ["a fragmented ping", "0900", "1002 fragmented-control"],
    ["a fragmented pong", "0a00", "1002 fragmented-control"],
    ["a fragmented close", "0800", "1002 fragmented-control"],
    ["a ping of 126 bytes", "897e007e", "1002 long-control"],
    ["a close frame with a 64-bit length", "887f0000000000010000", "1002 long-control"],
    ["a 16-bit length below 126", "817e007d", "1002 bad-frame-length"],
    ["a 64-bit length below 65536", "817f000000000000ffff", "1002 bad-frame-length"],
    ["a length with the highest bit set", "817f8000000000000000", "1002 bad-frame-length"],
    ["a message of 4 GB", "827f0000000100000000", "1009 message-too-big"],
    ["the longest length there is", "827f7fffffffffffffff", "1009 message-too-big"],
    ["half of a close code", "880103", "1002 bad-close-code"],
    ["invalid UTF-8 in a message", "8101ff", "1007 invalid-utf8"],
    ["an unfinished character", "8102e282", "1007 invalid-utf8"],
    ["a surrogate", "8103eda080", "1007 invalid-utf8"],
    ["an overlong form", "8102c0af", "1007 invalid-utf8"],
    ["invalid UTF-8 over two fragments", "0102e282 800128", "1007 invalid-utf8"],
    ["invalid UTF-8 in a close reason", "880303e8ff", "1007 invalid-utf8"],
  ];

  for (const [name, bytes, violation] of cases) {
    it(`${name} is ${violation}, however it is split`, () => {
      const all = hex(bytes);
      for (let size = 1; size <= all.byteLength; size++) assert.equal(events(all, size).pop(), violation);
    });
  }

  it("close codes are those that may be sent", () => {
    const verdict = (code: number): string => events(concat(hex("8802"), new Uint8Array([code >> 8, code & 255])))[0];
    for (const code of [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
    ]) {
      assert.equal(verdict(code), `close:${code}:`);
    }
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
      assert.equal(verdict(code), "1002 bad-close-code", String(code));
    }
  });

  it("the limit counts all fragments of a message together", () => {
    const fits = new Uint8Array(maxMessageBytes - 1);
    assert.equal(events(concat(frame("02", fits), frame("80", new Uint8Array(1)))).length, 1);
    assert.deepEqual(events(concat(frame("02", fits), frame("80", new Uint8Array(2)))), ["1009 message-too-big"]);
    assert.deepEqual(events(frame("82", new Uint8Array(maxMessageBytes + 1))), ["1009 message-too-big"]);
  });

  it("a message that is too big is refused by its header, before its payload", () => {
    assert.deepEqual(events(frame("82", new Uint8Array(maxMessageBytes + 1)).subarray(0, 10)), [
      "1009 message-too-big",
    ]);
  });

  it("whatever a frame begins with, it is taken as a frame or found to be a violation", () => {
    const codes = new Set<string>();
    for (let first = 0; first < 256; first++) {
      for (const second of [0, 1, 2, 125, 126, 127, 128, 255]) {
        const last = events(new Uint8Array([first, second, 3, 232, 0, 0, 0, 0, 0, 0]), 3).pop();
        if (last?.startsWith("1")) codes.add(last.slice(0, 4));
      }
    }
    assert.deepEqual([...codes].sort(), ["1002", "1007", "1009"]);
  });
});

describe("websocket: damaged streams", () => {
  it("are understood alike however they are split, and end in a violation or in silence", () => {
    const good = hex("010348656c 890161 80026c6f 8200 817e0080".concat("61".repeat(128), "8a00 880603e8 62796521"));
    const random = new SeededRandom(20_261_121);
    const where = new Uint8Array(2);
    let violations = 0;
    for (let round = 0; round < 2000; round++) {
      const bytes = good.slice();
      random.fill(where);
      bytes[where[0] % bytes.byteLength] = where[1];
      const whole = events(bytes);
      for (const size of [1, 3]) assert.deepEqual(events(bytes, size), whole);
      if (/^10/.test(whole[whole.length - 1] ?? "")) violations++;
    }
    assert.ok(violations > 500, `${violations} violations`);
  });
});

describe("websocket: a receiver that is stopped", () => {
  it("from inside a callback tells nothing more, also not of bytes that it was given", () => {
    const seen: string[] = [];
    const receiver = new Receiver({
      text: (text) => {
        seen.push(text);
        receiver.stop();
      },
      binary: () => seen.push("binary"),
      ping: () => seen.push("ping"),
      closeFrame: () => seen.push("close"),
    });
    const bytes = hex("810161 810162 8900 ff");
    receiver.push(bytes, 0, bytes.byteLength);
    assert.deepEqual(seen, ["a"]);
  });
});
