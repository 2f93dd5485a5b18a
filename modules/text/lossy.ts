/*
 * Lossy decoding: text from bytes that may be anything (status lines, header lines and bodies of foreign servers), for
 * people to read. Never fails: what is not UTF-8 is shown as U+FFFD, as the Encoding Standard has it. Data that is acted upon
 * goes through the strict `decodeUtf8` instead.
 */

import { decodeUtf8, encodeUtf8 } from "./utf8.js";

/** The text of `bytes`, with U+FFFD for every byte that is no character and for every character that is cut off. */
export const decodeLossy = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(bytes);
  } catch {
    return decodeUtf8(mended(bytes));
  }
};

/** Bytes of the character that begins with `lead`; 0 when none does (RFC 3629 §4). */
const sizeOf = (lead: number): number => {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
};

const mended = (bytes: Uint8Array): Uint8Array => {
  const { byteLength } = bytes;
  const text = new Uint8Array(3 * byteLength);
  let length = 0;
  for (let at = 0, end = 0; at < byteLength; at = end) {
    const lead = bytes[at];
    const size = sizeOf(lead);
    // The second byte has bounds of its own, which leave out overlong forms, surrogates and what is above U+10FFFF.
    let least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    let most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    for (end = at + 1; end < at + size && bytes[end] >= least && bytes[end] <= most; end++) {
      least = 0x80;
      most = 0xbf;
    }
    const character = end - at === size ? bytes.subarray(at, end) : encodeUtf8("\ufffd");
    text.set(character, length);
    length += character.byteLength;
  }
  return text.subarray(0, length);
};
