/*
 * JSON that NervesHub takes, whatever was given.
 *
 * Two things that JavaScript's text may hold are fatal there: half a surrogate pair, for which Jason refuses the message
 * and the whole connection ends, and U+0000, for which PostgreSQL refuses the row and the channel ends. Both stand in
 * JSON text as escapes, so they are looked for there: that covers names, values and what `toJSON` gave, without a walk
 * through the object. Each becomes U+FFFD, whose escape is as long, so that it is put in place.
 *
 * Two halves side by side are two characters on XS and one on V8; their escapes are that one everywhere (RFC 8259 §7).
 */

import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";

const backslash = 0x5c;
const letterU = 0x75;
const letterC = 0x63;
const letterD = 0x64;
const digit0 = 0x30;
const digit8 = 0x38;
/** Of "\ud83d". */
const escapeLength = 6;

/** @throws TypeError for what is no JSON: cycles, big integers */
export const stringifyJson = (value: object): string => {
  const text = JSON.stringify(value);
  // JSON.stringify writes lower case; upper case is in raw JSON that an application puts in (JSON.rawJSON).
  if (!text.includes("\\u0000") && !text.includes("\\ud") && !text.includes("\\uD")) return text;
  const bytes = encodeUtf8(text);
  const replacement = encodeUtf8("fffd");
  let at = bytes.indexOf(backslash);
  while (at >= 0) {
    // "\\" and "\n" and their like; the character behind a backslash belongs to it.
    let length = 2;
    if (bytes[at + 1] === letterU) {
      length = escapeLength;
      const kind = kindOf(bytes, at);
      if (kind === "high" && kindOf(bytes, at + escapeLength) === "low") length = 2 * escapeLength;
      else if (kind !== "other") bytes.set(replacement, at + 2);
    }
    at = bytes.indexOf(backslash, at + length);
  }
  return decodeUtf8(bytes);
};

/** What kind of escape stands at `at`, if any does. */
const kindOf = (bytes: Uint8Array, at: number): "high" | "low" | "nul" | "other" => {
  if (bytes[at] !== backslash || bytes[at + 1] !== letterU) return "other";
  const [first, second] = [lower(bytes[at + 2]), lower(bytes[at + 3])];
  if (first === letterD && second >= digit8) return second < letterC ? "high" : "low";
  for (let i = at + 2; i < at + escapeLength; i++) if (bytes[i] !== digit0) return "other";
  return "nul";
};

/** Lower case of a hexadecimal digit. */
const lower = (digit: number): number => {
  return digit | 0x20;
};
