/*
 * The promises inside a value: `ids.map(async …)` is an ordinary mistake, and what it makes is neither a promise nor the
 * list that is wanted.
 *
 * The rules it guards: whoever asks looks at each of them, since on XS one that is rejected and that nobody has looked at
 * ends the machine; no getter runs but that of `then`; nothing is thrown; and neither time nor stack grow with the value.
 */

import { isThenable } from "../../modules/fault/settle.js";

/** Levels of objects in objects: a label of a mode of a component lies seven deep. */
const maxDepth = 8;
/** Elements and properties that are looked at in all; the largest report that any server takes has fewer. */
const maxEntries = 1000;

/** @returns those in its elements, properties, and entries of a Map or Set; not the value itself */
export const unawaited = (value: unknown): unknown[] => {
  const promises: unknown[] = [];
  if (!isObject(value)) return promises;
  const seen = new Set<object>([value]);
  let room = maxEntries;
  let level = [value];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    const next: object[] = [];
    for (const owner of level) {
      if (room <= 0) return promises;
      for (const entry of entriesOf(owner, room)) {
        room--;
        if (!isObject(entry) || seen.has(entry)) continue;
        seen.add(entry);
        if (isPromise(entry)) promises.push(entry);
        else next.push(entry);
      }
    }
    level = next;
  }
  return promises;
};

const isObject = (value: unknown): value is object => {
  return typeof value === "object" && value !== null;
};

/** One whose `then` cannot be read is none. */
const isPromise = (value: object): boolean => {
  try {
    return isThenable(value);
  } catch {
    return false;
  }
};

/** The first ones. A proxy may throw, and has none then. */
const entriesOf = (owner: object, most: number): unknown[] => {
  const entries: unknown[] = [];
  try {
    if (ArrayBuffer.isView(owner)) return entries;
    if (owner instanceof Map || owner instanceof Set) {
      for (const entry of owner.values()) {
        if (entries.length >= most) break;
        entries.push(entry);
      }
      return entries;
    }
    const keys = Array.isArray(owner) ? undefined : Object.keys(owner);
    const count = Math.min(most, keys === undefined ? (owner as unknown[]).length : keys.length);
    for (let i = 0; i < count; i++)
      entries.push(Object.getOwnPropertyDescriptor(owner, keys === undefined ? String(i) : keys[i])?.value);
  } catch {
    return entries;
  }
  return entries;
};
