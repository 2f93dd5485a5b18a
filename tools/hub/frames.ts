/*
 * Phoenix frames, version 2: the JSON list of five, and Phoenix's binary push layout, which the real server decodes on
 * the same socket. A frame that cannot be decoded gives undefined: the socket then ends with 1011, as there. So does one
 * beyond this hub's own bounds, since refs are echoed and payloads go out again as JSON. What Jason decodes is less than
 * what JSON.parse does.
 */

import { type Json, sizeOf } from "./json.js";
import { maxFrameHeadBytes, maxMessageDepth } from "./limits.js";

export interface Frame {
  /** As sent: a string in practice, but numbers and null are echoed as they came. */
  readonly joinRef: Json;
  readonly ref: Json;
  readonly topic: Json;
  readonly event: Json;
  readonly payload: Json;
}

/** @returns undefined for anything that is not a JSON list of at least five; further members are ignored */
export function decodeText(text: string): Frame | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (hasLoneSurrogate(text)) return undefined;
  if (!Array.isArray(list) || list.length < 5) return undefined;
  const [joinRef, ref, topic, event, payload] = list as Json[];
  if (sizeOf([joinRef, ref, topic, event], maxFrameHeadBytes) === undefined) return undefined;
  if (sizeOf(payload, Number.POSITIVE_INFINITY, maxMessageDepth) === undefined) return undefined;
  return { joinRef, ref, topic, event, payload };
}

/** Jason refuses an escaped half of a surrogate pair, which JSON.parse takes. */
function hasLoneSurrogate(json: string): boolean {
  const escapes = json.match(/\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|.)/gi) ?? [];
  return escapes.some((text) => /^\\ud[89a-f]..$/i.test(text));
}

/** Phoenix's push layout: 0, four lengths, then join_ref, ref, topic, event; the bytes after them are the payload. */
export function decodeBinary(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < 5 || bytes[0] !== 0) return undefined;
  const text = Buffer.from(bytes);
  const parts: string[] = [];
  let at = 5;
  for (const length of bytes.subarray(1, 5)) {
    if (at + length > bytes.length) return undefined;
    parts.push(text.toString("utf8", at, at + length));
    at += length;
  }
  const [joinRef, ref, topic, event] = parts;
  return { joinRef, ref, topic, event, payload: null };
}

export function encode(joinRef: Json, ref: Json, topic: string, event: string, payload: Json): string {
  return JSON.stringify([joinRef, ref, topic, event, payload]);
}
