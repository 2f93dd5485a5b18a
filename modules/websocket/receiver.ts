/*
 * Receiver: turns the bytes of the server into messages, pings and the close frame (RFC 6455 §5). Pongs are ignored, since
 * this client sends no pings.
 *
 * Bytes may be split anywhere. Messages are put together in one buffer that grows up to the limit and is used again.
 * The rule it guards: every frame is judged as soon as its header is complete, before a byte of its payload is stored.
 */

import { decodeUtf8 } from "../text/utf8.js";
import { closeCode, maxControlBytes, opcode, Violation, validCloseCode } from "./frame.js";

/**
 * Bytes of one received message, all fragments together. An `update` has 1 to 2 kB plus 67 bytes per MiB of firmware, a
 * `scripts/run` the size of its script. Message, decoded text and parsed JSON exist at once, about three times this.
 */
export const maxMessageBytes = 65_536;
/** Bytes of a message buffer above which it is given back once its message was delivered. */
export const keptMessageBytes = 4096;

export interface ReceiverListener {
  text(text: string): void;
  /** A view that is valid during the call, as for `ping`. */
  binary(bytes: Uint8Array): void;
  ping(bytes: Uint8Array): void;
  /** `code` is 1005 when the frame had none. No other method is called afterwards. */
  closeFrame(code: number, reason: string): void;
}

const smallestMessageBuffer = 512;

export class Receiver {
  private readonly _listener: ReceiverListener;
  private _stopped = false;

  private _header = new Uint8Array(10);
  private _headerLength = 0;
  private _headerNeeded = 2;

  private _opcode = 0;
  private _final = false;
  /** Payload bytes of the current frame that are still to come; -1 while its header is read. */
  private _left = -1;

  /** Payload of the current control frame, at most 125 bytes; control frames may come between the fragments of a message. */
  private _control: Uint8Array | undefined;

  /** Opcode of the unfinished message, 0 when there is none. */
  private _messageOpcode = 0;
  /** In a `#` field: a message may hold a signed URL. */
  #message = new Uint8Array(smallestMessageBuffer);
  private _messageLength = 0;

  constructor(listener: ReceiverListener) {
    this._listener = listener;
  }

  /** Calls the listener no more, also not for the bytes that `push` is working on. */
  stop(): void {
    this._stopped = true;
  }

  /** Takes `bytes[from..to)`. @throws Violation; the receiver must not be used afterwards. */
  push(bytes: Uint8Array, from: number, to: number): void {
    while (!this._stopped && (from < to || this._left === 0)) {
      if (this._left < 0) {
        from = this._readHeader(bytes, from, to);
      } else {
        const count = Math.min(this._left, to - from);
        this._store(bytes.subarray(from, from + count));
        from += count;
        this._left -= count;
        if (this._left === 0) this._endFrame();
      }
    }
  }

  private _readHeader(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && this._headerLength < this._headerNeeded) {
      this._header[this._headerLength++] = bytes[from++];
      if (this._headerLength === 2) this._checkStart();
    }
    if (this._headerLength === this._headerNeeded) this._beginFrame();
    return from;
  }

  /** Checks the first two bytes of a frame, which show nearly every violation (§5.2, §5.4, §5.5). */
  private _checkStart(): void {
    const [first, second] = this._header;
    const length = second & 0x7f;
    this._final = (first & 0x80) !== 0;
    this._opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw protocolError("reserved-bits", "a reserved bit without an agreed extension");
    if ((second & 0x80) !== 0) throw protocolError("masked-frame", "a masked frame, which only clients may send");
    switch (this._opcode) {
      case opcode.text:
      case opcode.binary:
        if (this._messageOpcode !== 0)
          throw protocolError("unfinished-message", "a new message inside a fragmented one");
        break;
      case opcode.continuation:
        if (this._messageOpcode === 0) throw protocolError("unexpected-continuation", "a continuation of no message");
        break;
      case opcode.close:
      case opcode.ping:
      case opcode.pong:
        if (!this._final) throw protocolError("fragmented-control", "a fragmented control frame");
        if (length > maxControlBytes) throw protocolError("long-control", "a control frame of more than 125 bytes");
        break;
      default:
        throw protocolError("reserved-opcode", `the reserved opcode ${this._opcode}`);
    }
    this._headerNeeded = length === 126 ? 4 : length === 127 ? 10 : 2;
  }

  private _beginFrame(): void {
    const header = this._header;
    let length = header[1] & 0x7f;
    if (this._headerNeeded > 2) {
      length = 0;
      if (this._headerNeeded === 10 && header[2] >= 0x80)
        throw protocolError("bad-frame-length", "a length with the highest bit set");
      for (let i = 2; i < this._headerNeeded; i++) length = length * 256 + header[i];
      if (length < (this._headerNeeded === 4 ? 126 : 65_536))
        throw protocolError("bad-frame-length", "a length that is not minimal");
    }
    this._headerLength = 0;
    this._headerNeeded = 2;
    this._left = length;
    if (this._opcode >= opcode.close) {
      this._control = new Uint8Array(length);
      return;
    }
    if (this._opcode !== opcode.continuation) this._messageOpcode = this._opcode;
    if (this._messageLength + length > maxMessageBytes) {
      throw new Violation(
        closeCode.messageTooBig,
        "message-too-big",
        `The server sent a message of more than ${maxMessageBytes} bytes, the most this device takes; send less at once (long scripts in parts).`,
      );
    }
    this._reserve(this._messageLength + length);
  }

  /** Makes room for `length` bytes: exactly when this frame ends the message, doubled when more frames follow. */
  private _reserve(length: number): void {
    if (length <= this.#message.byteLength) return;
    const size = this._final ? length : Math.min(maxMessageBytes, Math.max(length, 2 * this.#message.byteLength));
    const grown = new Uint8Array(size);
    grown.set(this.#message.subarray(0, this._messageLength));
    this.#message = grown;
  }

  private _store(piece: Uint8Array): void {
    if (this._control) {
      this._control.set(piece, this._control.byteLength - this._left);
    } else {
      this.#message.set(piece, this._messageLength);
      this._messageLength += piece.byteLength;
    }
  }

  private _endFrame(): void {
    this._left = -1;
    const control = this._control;
    this._control = undefined;
    if (!control) {
      if (this._final) this._endMessage();
    } else if (this._opcode === opcode.ping) this._listener.ping(control);
    else if (this._opcode === opcode.close) this._close(control);
  }

  private _endMessage(): void {
    const bytes = this.#message.subarray(0, this._messageLength);
    const isText = this._messageOpcode === opcode.text;
    this._messageOpcode = 0;
    this._messageLength = 0;
    // The view `bytes` keeps the large buffer alive as long as the listener needs it.
    if (this.#message.byteLength > keptMessageBytes) this.#message = new Uint8Array(smallestMessageBuffer);
    if (isText) this._listener.text(utf8(bytes, "a text message"));
    else this._listener.binary(bytes);
  }

  private _close(payload: Uint8Array): void {
    this._stopped = true;
    if (payload.byteLength === 0) {
      this._listener.closeFrame(closeCode.none, "");
      return;
    }
    if (payload.byteLength === 1) throw protocolError("bad-close-code", "half of a close code");
    const code = payload[0] * 256 + payload[1];
    if (!validCloseCode(code)) throw protocolError("bad-close-code", `the close code ${code}, which may not be sent`);
    this._listener.closeFrame(code, utf8(payload.subarray(2), "a close reason"));
  }
}

const utf8 = (bytes: Uint8Array, what: string): string => {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw new Violation(
      closeCode.invalidPayload,
      "invalid-utf8",
      `The server sent ${what} that is not UTF-8; it or a proxy before it is broken.`,
    );
  }
};

const protocolError = (code: string, what: string): Violation => {
  return new Violation(
    closeCode.protocolError,
    code,
    `The server broke the WebSocket protocol with ${what}; it or a proxy before it is broken.`,
  );
};
