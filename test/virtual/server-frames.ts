/*
 * The server's side of RFC 6455, as far as the servers in memory need it: whole masked frames in, short text frames out.
 * Portable.
 */

import { encodeUtf8 } from "../../modules/text/utf8.js";
import { concat } from "../modules/platform/scripted-network.js";

/** RFC 6455 §1.3 */
export const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** @returns bytes of the first frame in `buffer` (masked, under 64 KB), or 0 when its head is not complete */
export function frameSize(buffer: Uint8Array): number {
  if (buffer.byteLength < 2) return 0;
  const length = buffer[1] & 127;
  if (length < 126) return 6 + length;
  return buffer.byteLength < 4 ? 0 : 8 + (buffer[2] << 8) + buffer[3];
}

/** @param frame one whole masked frame; @returns its payload */
export function unmask(frame: Uint8Array): Uint8Array {
  const start = (frame[1] & 127) < 126 ? 2 : 4;
  return frame.slice(start + 4).map((byte, i) => byte ^ frame[start + (i & 3)]);
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
export function textFrame(message: unknown): Uint8Array {
  const text = encodeUtf8(JSON.stringify(message));
  const { byteLength: length } = text;
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 255];
  return concat(new Uint8Array(head), text);
}
