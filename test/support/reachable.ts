/*
 * Everything that can be reached from an object by every property there is: its own, and the getters of its classes. What is
 * in a `#` field or in a closure is not. Portable.
 */

import { encodeUtf8 } from "../../modules/text/utf8.js";

/** The language's prototypes that have getters. On XS one that no module of the build names ends the engine. */
const language: readonly unknown[] = [
  ...[Object, Function, Map, Set].map(({ prototype }) => prototype),
  Reflect.getPrototypeOf(Uint8Array.prototype),
];

/**
 * @param leftOut objects that are not entered
 * @returns every text and every run of bytes, with the way to it
 */
export function reachable(
  root: object,
  leftOut: readonly unknown[] = [],
): { way: string; value: string | Uint8Array }[] {
  const found: { way: string; value: string | Uint8Array }[] = [];
  const seen = new Set<unknown>([globalThis, ...leftOut]);
  const waiting: { way: string; value: object }[] = [{ way: "", value: root }];
  const note = (way: string, value: unknown): void => {
    if (typeof value === "string") found.push({ way, value });
    else if (value instanceof Uint8Array) found.push({ way, value });
    else if (value instanceof ArrayBuffer) found.push({ way, value: new Uint8Array(value) });
    else if ((typeof value === "object" && value !== null) || typeof value === "function") {
      if (seen.has(value)) return;
      seen.add(value);
      waiting.push({ way, value: value as object });
    }
  };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { way, value } = next;
    if (value instanceof Map)
      for (const [key, entry] of value) {
        note(`${way}<key>`, key);
        note(`${way}<${String(key)}>`, entry);
      }
    if (value instanceof Set) for (const entry of value) note(`${way}<entry>`, entry);
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      const here = `${way}.${String(key)}`;
      note(here, descriptor?.value);
      // A getter is a way, too; one that throws leads nowhere.
      try {
        if (descriptor?.get !== undefined) note(here, descriptor.get.call(value));
      } catch {}
    }
    for (
      let prototype = Reflect.getPrototypeOf(value);
      prototype !== null && !language.includes(prototype);
      prototype = Reflect.getPrototypeOf(prototype)
    )
      for (const key of Reflect.ownKeys(prototype)) {
        const get = Reflect.getOwnPropertyDescriptor(prototype, key)?.get;
        try {
          if (get !== undefined) note(`${way}.${String(key)}`, get.call(value));
        } catch {}
      }
  }
  return found;
}

/** Whether `part` is somewhere in `bytes`. */
const holds = (bytes: Uint8Array, part: Uint8Array): boolean => {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1))
    if (part.every((byte, i) => byte === bytes[at + i])) return true;
  return false;
};

/** Ways that lead to one of `wanted`, whole or as a part, a text in its UTF-8 too. */
export function waysTo(
  found: readonly { way: string; value: string | Uint8Array }[],
  wanted: readonly (string | Uint8Array)[],
): string[] {
  const texts = wanted.filter((one) => typeof one === "string");
  const runs = wanted.map((one) => (typeof one === "string" ? encodeUtf8(one) : one));
  const leads = (value: string | Uint8Array): boolean =>
    typeof value === "string" ? texts.some((one) => value.includes(one)) : runs.some((one) => holds(value, one));
  return found.filter(({ value }) => leads(value)).map(({ way }) => way);
}
