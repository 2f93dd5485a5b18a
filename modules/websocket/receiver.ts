/*
 * Receiver: bytes from the server in, messages and control frames out (RFC 6455 §5).
 *
 * Bytes may be split anywhere. Messages are put together in one buffer that grows up to the limit and is used again.
 * The rule it guards: every frame is judged as soon as its header is there, before a byte of its payload is stored.
 */

import { keptMessageBytes, maxMessageBytes } from "../limits/limits.js";
import { decodeUtf8 } from "../text/utf8.js";
import { closeCode, maxControlBytes, opcode, Violation, validCloseCode } from "./frame.js";

export interface ReceiverEvents {
  onText(text: string): void;
  /** A view that is valid during the call. */
  onBinary(bytes: Uint8Array): void;
  /** A view that is valid during the call; so for `onPong`. */
  onPing(bytes: Uint8Array): void;
  onPong(bytes: Uint8Array): void;
  /** `code` is 1005 when the frame had none. Nothing comes afterwards. */
  onCloseFrame(code: number, reason: string): void;
}

const smallestMessageBuffer = 512;

export class Receiver {
  #events: ReceiverEvents;
  #stopped = false;

  #header = new Uint8Array(10);
  #headerLength = 0;
  #headerNeeded = 2;

  #opcode = 0;
  #final = false;
  /** Payload bytes of the current frame still to come; -1 while its header is read. */
  #left = -1;

  #control = new Uint8Array(maxControlBytes);
  #controlLength = 0;

  /** Opcode of the message under way, 0 when there is none. */
  #messageOpcode = 0;
  #message = new Uint8Array(smallestMessageBuffer);
  #messageLength = 0;

  constructor(events: ReceiverEvents) {
    this.#events = events;
  }

  /** No more events, also not from the bytes that are being worked on. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes `bytes[from..to)`. Throws Violation; the receiver must not be used afterwards. */
  push(bytes: Uint8Array, from: number, to: number): void {
    while (!this.#stopped && (from < to || this.#left === 0)) {
      if (this.#left < 0) {
        from = this.#readHeader(bytes, from, to);
      } else {
        const count = Math.min(this.#left, to - from);
        this.#store(bytes.subarray(from, from + count));
        from += count;
        this.#left -= count;
        if (this.#left === 0) this.#endFrame();
      }
    }
  }

  #readHeader(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && this.#headerLength < this.#headerNeeded) {
      this.#header[this.#headerLength++] = bytes[from++];
      if (this.#headerLength === 2) this.#checkStart();
    }
    if (this.#headerLength === this.#headerNeeded) this.#beginFrame();
    return from;
  }

  /** The first two bytes say nearly everything that can be wrong (§5.2, §5.4, §5.5). */
  #checkStart(): void {
    const [first, second] = this.#header;
    const length = second & 0x7f;
    this.#final = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw protocolError("reserved-bits", "a reserved bit without an agreed extension");
    if ((second & 0x80) !== 0) throw protocolError("masked-frame", "a masked frame, which only clients may send");
    switch (this.#opcode) {
      case opcode.text:
      case opcode.binary:
        if (this.#messageOpcode !== 0)
          throw protocolError("unfinished-message", "a new message inside a fragmented one");
        break;
      case opcode.continuation:
        if (this.#messageOpcode === 0) throw protocolError("unexpected-continuation", "a continuation of no message");
        break;
      case opcode.close:
      case opcode.ping:
      case opcode.pong:
        if (!this.#final) throw protocolError("fragmented-control", "a fragmented control frame");
        if (length > maxControlBytes) throw protocolError("long-control", "a control frame of more than 125 bytes");
        break;
      default:
        throw protocolError("reserved-opcode", `the reserved opcode ${this.#opcode}`);
    }
    this.#headerNeeded = length === 126 ? 4 : length === 127 ? 10 : 2;
  }

  #beginFrame(): void {
    const header = this.#header;
    let length = header[1] & 0x7f;
    if (this.#headerNeeded > 2) {
      length = 0;
      if (this.#headerNeeded === 10 && header[2] >= 0x80)
        throw protocolError("bad-length", "a length with the highest bit set");
      for (let i = 2; i < this.#headerNeeded; i++) length = length * 256 + header[i];
      if (length < (this.#headerNeeded === 4 ? 126 : 65_536))
        throw protocolError("bad-length", "a length that is not minimal");
    }
    this.#headerLength = 0;
    this.#headerNeeded = 2;
    this.#left = length;
    if (this.#opcode >= opcode.close) {
      this.#controlLength = 0;
      return;
    }
    if (this.#opcode !== opcode.continuation) this.#messageOpcode = this.#opcode;
    if (this.#messageLength + length > maxMessageBytes) {
      throw new Violation(
        closeCode.messageTooBig,
        "message-too-big",
        `The server sent a message of more than ${maxMessageBytes} bytes, the most this device takes; send less at once (long scripts in parts).`,
      );
    }
    this.#reserve(this.#messageLength + length);
  }

  /** Room for `length` bytes: exactly, when this frame ends the message, doubled when more will follow. */
  #reserve(length: number): void {
    if (length <= this.#message.byteLength) return;
    const size = this.#final ? length : Math.min(maxMessageBytes, Math.max(length, 2 * this.#message.byteLength));
    const grown = new Uint8Array(size);
    grown.set(this.#message.subarray(0, this.#messageLength));
    this.#message = grown;
  }

  #store(piece: Uint8Array): void {
    if (this.#opcode >= opcode.close) {
      this.#control.set(piece, this.#controlLength);
      this.#controlLength += piece.byteLength;
    } else {
      this.#message.set(piece, this.#messageLength);
      this.#messageLength += piece.byteLength;
    }
  }

  #endFrame(): void {
    this.#left = -1;
    const payload = this.#control.subarray(0, this.#controlLength);
    if (this.#opcode === opcode.ping) this.#events.onPing(payload);
    else if (this.#opcode === opcode.pong) this.#events.onPong(payload);
    else if (this.#opcode === opcode.close) this.#close(payload);
    else if (this.#final) this.#endMessage();
  }

  #endMessage(): void {
    const bytes = this.#message.subarray(0, this.#messageLength);
    const isText = this.#messageOpcode === opcode.text;
    this.#messageOpcode = 0;
    this.#messageLength = 0;
    // The view keeps the large buffer alive as long as the callback needs it.
    if (this.#message.byteLength > keptMessageBytes) this.#message = new Uint8Array(smallestMessageBuffer);
    if (isText) this.#events.onText(utf8(bytes, "a text message"));
    else this.#events.onBinary(bytes);
  }

  #close(payload: Uint8Array): void {
    this.#stopped = true;
    if (payload.byteLength === 0) {
      this.#events.onCloseFrame(closeCode.none, "");
      return;
    }
    if (payload.byteLength === 1) throw protocolError("bad-close-code", "half of a close code");
    const code = payload[0] * 256 + payload[1];
    if (!validCloseCode(code)) throw protocolError("bad-close-code", `the close code ${code}, which may not be sent`);
    this.#events.onCloseFrame(code, utf8(payload.subarray(2), "a close reason"));
  }
}

function utf8(bytes: Uint8Array, what: string): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw new Violation(
      closeCode.invalidPayload,
      "invalid-utf8",
      `The server sent ${what} that is not UTF-8; it or a proxy before it is broken.`,
    );
  }
}

function protocolError(code: string, what: string): Violation {
  return new Violation(
    closeCode.protocolError,
    code,
    `The server broke the WebSocket protocol with ${what}; it or a proxy before it is broken.`,
  );
}
