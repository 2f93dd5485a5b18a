/*
 * The server's end of a WebSocket in memory (RFC 6455), as far as the servers of suites need it: the head of the upgrade and
 * whole masked frames in, short text frames out. What is answered and said is each server's own. Portable.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import { toBase64 } from "../../modules/text/base64.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { concat } from "./scripted-network.js";
import type { Connection } from "./virtual-network.js";

/** RFC 6455 §1.3 */
const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** @returns bytes of the first frame in `buffer` (masked, under 64 KB), or 0 when its head is not complete */
function frameSize(buffer: Uint8Array): number {
  if (buffer.byteLength < 2) return 0;
  const length = buffer[1] & 127;
  if (length < 126) return 6 + length;
  return buffer.byteLength < 4 ? 0 : 8 + (buffer[2] << 8) + buffer[3];
}

/** @param frame one whole masked frame @returns its payload */
function unmask(frame: Uint8Array): Uint8Array {
  const start = (frame[1] & 127) < 126 ? 2 : 4;
  return frame.slice(start + 4).map((byte, i) => byte ^ frame[start + (i & 3)]);
}

export interface ServerOfEnd {
  /**
   * @param request head of the upgrade, with the empty line
   * @param accept value of Sec-WebSocket-Accept for its key
   * @returns the whole answer; one that is no 101 ends the connection. undefined: none
   */
  answer(request: string, accept: string): string | undefined;
  /** A text message. */
  text(text: string): void;
  /** A close frame. */
  closed(): void;
}

export class ServerEnd {
  /** Bytes of the device's frames with their headers, upgrade not counted. */
  bytesIn = 0;
  readonly #connection: Connection;
  readonly #crypto: Crypto;
  readonly #server: ServerOfEnd;
  #buffer: Uint8Array = new Uint8Array(0);
  #asked = false;

  constructor(connection: Connection, crypto: Crypto, server: ServerOfEnd) {
    this.#connection = connection;
    this.#crypto = crypto;
    this.#server = server;
    connection.onData = (bytes) => this.#take(bytes);
  }

  /** @returns bytes of the frame */
  send(message: unknown): number {
    return this.raw(textFrame(message));
  }

  /** With a close frame, and the end of the connection after it. @returns bytes of the frame */
  close(code: number, reason = ""): number {
    const size = this.raw(closeFrame(code, reason));
    this.#connection.end();
    return size;
  }

  raw(bytes: Uint8Array): number {
    this.#connection.send(bytes);
    return bytes.byteLength;
  }

  #take(bytes: Uint8Array): void {
    this.#buffer = concat(this.#buffer, bytes);
    if (this.#asked) this.bytesIn += bytes.byteLength;
    else if (!this.#upgrade()) return;
    for (
      let size = frameSize(this.#buffer);
      size > 0 && size <= this.#buffer.byteLength;
      size = frameSize(this.#buffer)
    ) {
      const frame = this.#buffer.slice(0, size);
      this.#buffer = this.#buffer.slice(size);
      const opcode = frame[0] & 15;
      if (opcode === 8) this.#server.closed();
      else if (opcode === 1) this.#server.text(decodeUtf8(unmask(frame)));
    }
  }

  /** @returns false while the head is not whole */
  #upgrade(): boolean {
    const text = decodeUtf8(this.#buffer);
    const end = text.indexOf("\r\n\r\n") + 4;
    if (end < 4) return false;
    this.#asked = true;
    this.#buffer = this.#buffer.slice(end);
    const request = text.slice(0, end);
    const digest = this.#crypto.digest("sha1");
    digest.update(encodeUtf8((/sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? "") + acceptGuid));
    const answer = this.#server.answer(request, toBase64(digest.finish()));
    if (answer === undefined) return true;
    this.#connection.send(encodeUtf8(answer));
    if (!answer.startsWith("HTTP/1.1 101 ")) this.#connection.end();
    return true;
  }
}

/** The answer that takes an upgrade. @param others header lines */
export function switchingProtocols(accept: string, ...others: string[]): string {
  const head = ["HTTP/1.1 101 Switching Protocols", ...others, "upgrade: websocket", "connection: Upgrade"];
  return `${head.join("\r\n")}\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
}

/**
 * What of the real server refuses a message: Jason half a surrogate pair (the connection ends), PostgreSQL U+0000 (the
 * channel ends). Undefined when neither does.
 */
export function refusedBy(text: string): "Jason" | "PostgreSQL" | undefined {
  if (!text.includes("\\u")) return undefined;
  // Written again, halves that belong together are one character, and what is left are escapes.
  const written = JSON.stringify(JSON.parse(text));
  if (/(^|[^\\])(\\\\)*\\ud[89a-f]/.test(written)) return "Jason";
  return /(^|[^\\])(\\\\)*\\u0000/.test(written) ? "PostgreSQL" : undefined;
}

/** One text message of under 64 KB. */
function textFrame(message: unknown): Uint8Array {
  const text = encodeUtf8(JSON.stringify(message));
  const { byteLength: length } = text;
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 255];
  return concat(new Uint8Array(head), text);
}

export function closeFrame(code: number, reason = ""): Uint8Array {
  const text = encodeUtf8(reason);
  return concat(new Uint8Array([0x88, 2 + text.byteLength, code >> 8, code & 255]), text);
}
