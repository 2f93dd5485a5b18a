/*
 * Lossy decoding: text from bytes that may be anything (header lines and bodies of foreign servers), for people to read.
 * Never fails: bytes that are not UTF-8 become question marks. Data that is acted upon goes through the strict
 * `decodeUtf8` instead.
 */

import { decodeUtf8 } from "./utf8.js";

/** The text of `bytes`; a character cut off at the end is dropped. When they are not UTF-8, bytes above 127 become "?". */
export const decodeLossy = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(bytes.subarray(0, completeLength(bytes)));
  } catch {
    return decodeUtf8(bytes.map((byte) => (byte < 0x80 ? byte : 0x3f)));
  }
};

/** @returns how many leading bytes end with a whole UTF-8 character; `bytes` may be cut anywhere */
const completeLength = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.byteLength; back++) {
    const byte = bytes[bytes.byteLength - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0)
      return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.byteLength - back : bytes.byteLength;
  }
  return bytes.byteLength;
};
