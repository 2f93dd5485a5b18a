/*
 * The payload of a close frame (RFC 6455 §5.5.1): a code in network order, then the reason in UTF-8.
 */

import { decodeLossy } from "../text/lossy.js";
import { encodeUtf8 } from "../text/utf8.js";
import { closeCode, maxControlBytes, validCloseCode } from "./frame.js";

/** @returns no bytes for 1005 and for codes that may not be sent; the reason is cut, between characters, to what fits */
export const closePayload = (code: number, reason: string): Uint8Array => {
  if (code === closeCode.none || !validCloseCode(code)) return new Uint8Array(0);
  let text = encodeUtf8(reason);
  if (text.byteLength > maxControlBytes - 2) text = encodeUtf8(decodeLossy(text.subarray(0, maxControlBytes - 2)));
  const payload = new Uint8Array(2 + text.byteLength);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
};
