/*
 * Bounds of WebSocket and JSON, at the limit and one beyond it.
 */

import type { Fault } from "../../modules/fault/fault.js";
import { maxJsonDepth, parseJson } from "../../modules/json/parse.js";
import { maxControlBytes } from "../../modules/websocket/frame.js";
import { keptMessageBytes, maxMessageBytes, Receiver } from "../../modules/websocket/receiver.js";
import { FrameSender, keptSendQueueBytes, maxSendQueueBytes } from "../../modules/websocket/sender.js";
import { maxReplyReasonCharacters, replyReason } from "../../src/connection/reply-reason.js";
import { assert, describe } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { concat, ScriptedStream } from "../support/scripted-network.js";

const binary = 2;
/** Of a frame of ours of 126 to 65,535 bytes. */
const headerBytes = 8;

/** A whole binary frame, or with `first` the first byte in its place. */
function frame(length: number, first = 0x82): Uint8Array {
  const header =
    length < 126
      ? [first, length]
      : length < 65_536
        ? [first, 126, length >> 8, length & 255]
        : [first, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return concat(new Uint8Array(header), new Uint8Array(length));
}

/** Lengths of the messages in `bytes` and of the buffers they lay in, and the violation at the end. */
function received(...frames: Uint8Array[]): { lengths: number[]; buffers: number[]; violation: string | undefined } {
  const lengths: number[] = [];
  const buffers: number[] = [];
  const receiver = new Receiver({
    text: () => {},
    binary: (bytes) => {
      lengths.push(bytes.byteLength);
      buffers.push(bytes.buffer.byteLength);
    },
    ping: () => {},
    closeFrame: () => {},
  });
  try {
    for (const bytes of frames) receiver.push(bytes, 0, bytes.byteLength);
    return { lengths, buffers, violation: undefined };
  } catch (error) {
    return { lengths, buffers, violation: (error as Fault).code };
  }
}

class Sending {
  readonly stream = new ScriptedStream({ host: "", port: 0, connectTimeoutMs: 0 });
  /** Size of the buffer that the last bytes lay in. */
  buffer = 0;
  readonly sender: FrameSender;

  constructor() {
    this.sender = new FrameSender(
      { fill: (into) => into.fill(1) },
      {
        write: (bytes) => {
          this.buffer = bytes.buffer.byteLength;
          return this.stream.write(bytes);
        },
        read: () => 0,
        close: () => {},
      },
    );
  }

  /** @returns the fault's code, "" when it was taken */
  send(bytes: number): string {
    try {
      this.sender.frame(binary, new Uint8Array(bytes));
      return "";
    } catch (error) {
      return (error as Fault).code;
    }
  }
}

describe("limits: WebSocket and JSON", () => {
  limit("maxControlBytes", "a ping that long is taken, one of a byte more is a violation", () => {
    const ping = 0x89;
    assert.equal(received(frame(maxControlBytes, ping)).violation, undefined);
    assert.equal(received(frame(maxControlBytes + 1, ping)).violation, "long-control");
  });

  limit("maxReplyReasonCharacters", "a reason that long is told whole, a longer one is cut", () => {
    const whole = "x".repeat(maxReplyReasonCharacters);
    assert.equal(replyReason({ reason: whole }), whole);
    assert.equal(replyReason({ reason: `${whole}x` }), whole);
  });

  limit("maxMessageBytes", "a message that long is delivered, a byte more is refused, in one frame or several", () => {
    assert.deepEqual(received(frame(maxMessageBytes)).lengths, [maxMessageBytes]);
    assert.equal(received(frame(maxMessageBytes + 1)).violation, "message-too-big");
    assert.deepEqual(received(frame(maxMessageBytes - 1, 0x02), frame(1, 0x80)).lengths, [maxMessageBytes]);
    assert.equal(received(frame(maxMessageBytes - 1, 0x02), frame(2, 0x80)).violation, "message-too-big");
  });

  limit("keptMessageBytes", "the buffer of a message that long is used again, a larger one is given back", () => {
    assert.deepEqual(received(frame(keptMessageBytes), frame(1)).buffers, [keptMessageBytes, keptMessageBytes]);
    const [grown, next] = received(frame(keptMessageBytes + 1), frame(1)).buffers;
    assert.ok(grown > keptMessageBytes && next < keptMessageBytes);
  });

  limit("maxSendQueueBytes", "as much is taken, at once or bit by bit; a byte more is refused, and fits later", () => {
    assert.equal(new Sending().send(maxSendQueueBytes - headerBytes), "");
    assert.equal(new Sending().send(maxSendQueueBytes - headerBytes + 1), "message-exceeds-queue");
    const sending = new Sending();
    sending.stream.room = 0;
    assert.equal(sending.send(1000), "");
    const left = maxSendQueueBytes - sending.sender.bufferedBytes - headerBytes;
    assert.equal(sending.send(left + 1), "send-queue-full");
    assert.equal(sending.send(left), "");
    assert.equal(sending.sender.bufferedBytes, maxSendQueueBytes);
    sending.stream.drain();
    sending.sender.flush();
    assert.equal(sending.sender.bufferedBytes, 0);
    assert.equal(sending.send(left + 1), "");
  });

  limit("keptSendQueueBytes", "a queue that long is used again, a larger one is given back when it is empty", () => {
    for (const [bytes, kept] of [
      [keptSendQueueBytes - headerBytes, true],
      [keptSendQueueBytes - headerBytes + 1, false],
    ] as const) {
      const sending = new Sending();
      sending.send(bytes);
      const grown = sending.buffer;
      sending.send(1);
      assert.equal(sending.buffer === grown, kept);
    }
  });

  limit("maxJsonDepth", "JSON that deep is parsed, one level more is refused before it is", () => {
    const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}1${"]}".repeat(levels / 2)}`;
    let value = parseJson(nested(maxJsonDepth), ["a"]);
    for (let level = 0; level < maxJsonDepth / 2; level++) [value] = (value as { a: unknown[] }).a;
    assert.equal(value, 1);
    assert.throws(
      () => parseJson(`[${nested(maxJsonDepth)}]`, ["a"]),
      (error) => (error as Fault).code === "json-too-deep",
    );
  });
});
