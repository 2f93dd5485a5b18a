/*
 * JSON text that Jason and PostgreSQL accept, whatever strings the value holds.
 *
 * Two things in a JavaScript string are fatal at the server. For half a surrogate pair, Jason refuses the message and the
 * whole connection ends. For U+0000, PostgreSQL refuses the row and the channel ends. JSON.stringify writes both as
 * escapes, so the escapes are looked for in its text: that covers names, values and the results of `toJSON`, without a
 * walk through the object. Each becomes U+FFFD, whose escape has the same length and is written over it.
 *
 * Two halves side by side are two characters on XS and one on V8; as escapes they are one character (RFC 8259 §7).
 */

import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";

const backslash = 0x5c;
const letterU = 0x75;
const letterC = 0x63;
const letterD = 0x64;
const digit0 = 0x30;
const digit8 = 0x38;
/** Characters of an escape such as "\ud83d". */
const escapeLength = 6;

/** @throws TypeError for values that JSON does not have: cycles, BigInt */
export const stringifyJson = (value: object): string => {
  const text = JSON.stringify(value);
  // JSON.stringify writes "\ud"; "\uD" can come from raw JSON of an application (JSON.rawJSON).
  if (!text.includes("\\u0000") && !text.includes("\\ud") && !text.includes("\\uD")) return text;
  const bytes = encodeUtf8(text);
  const replacement = encodeUtf8("fffd");
  let at = bytes.indexOf(backslash);
  while (at >= 0) {
    // Two characters for escapes such as "\\" and "\n".
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

/** @returns the kind of the escape at `at`; "other" for any other escape, and where there is none */
const kindOf = (bytes: Uint8Array, at: number): "high" | "low" | "nul" | "other" => {
  if (bytes[at] !== backslash || bytes[at + 1] !== letterU) return "other";
  const [first, second] = [lower(bytes[at + 2]), lower(bytes[at + 3])];
  if (first === letterD && second >= digit8) return second < letterC ? "high" : "low";
  for (let i = at + 2; i < at + escapeLength; i++) if (bytes[i] !== digit0) return "other";
  return "nul";
};

/** @param digit the ASCII code of a hexadecimal digit @returns the code of its lower case */
const lower = (digit: number): number => {
  return digit | 0x20;
};
