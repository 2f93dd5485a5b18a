/*
 * What the real server's database refuses: PostgreSQL takes U+0000 neither in text nor in jsonb. The insert raises, and
 * with it ends the channel that made it.
 */

import { ChannelCrash } from "./channel.js";
import { isObject, isText, type Json } from "./json.js";

/** @param what is to be stored, for the developer: "the reason"; @throws ChannelCrash */
export function refuseNul(value: Json | undefined, what: string): void {
  const waiting: Json[] = value === undefined ? [] : [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const names = isObject(next) ? Object.keys(next) : [];
    if ([next, ...names].some((text) => isText(text) && text.includes("\0")))
      throw new ChannelCrash(`${what} holds U+0000, which the server's database refuses`);
    const parts = Array.isArray(next) ? next : isObject(next) ? Object.values(next) : [];
    for (const part of parts) waiting.push(part);
  }
}
