/*
 * The payload of a close frame (RFC 6455 §5.5.1): a code in network order, then the reason in UTF-8.
 */

import { encodeUtf8 } from "../text/utf8.js";
import { closeCode, maxControlBytes, validCloseCode } from "./frame.js";

/** @returns no bytes for 1005 and for codes that may not be sent; the reason is cut, between characters, to what fits */
export const closePayload = (code: number, reason: string): Uint8Array => {
  if (code === closeCode.none || !validCloseCode(code)) return new Uint8Array(0);
  const text = encodeUtf8(reason);
  let length = Math.min(text.byteLength, maxControlBytes - 2);
  while ((text[length] & 0xc0) === 0x80) length--;
  const payload = new Uint8Array(2 + length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text.subarray(0, length), 2);
  return payload;
};
