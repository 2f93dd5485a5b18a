/*
 * unawaited: the promises inside a value. `ids.map(async …)` is a common mistake: it makes neither a promise nor the wanted
 * list, but a list of promises.
 *
 * The rules it guards: the caller gets each of them to handle, since an unhandled rejection ends the XS machine; no getter
 * runs except that of `then`; nothing is thrown; and neither time nor stack grow with the value.
 */

import { isThenable } from "../../modules/fault/settle.js";

/** Nested objects that are searched: the label of a component's mode is seven levels deep. */
const maxDepth = 8;
/** Elements and properties that are searched in total; the largest report that a server takes has fewer. */
const maxEntries = 1000;

/** @returns the promises in the value's elements, properties and Map or Set entries; never the value itself */
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

/** Whether an object is a promise. An object whose `then` cannot be read is none. */
const isPromise = (value: object): boolean => {
  try {
    return isThenable(value);
  } catch {
    return false;
  }
};

/** The first `most` entries of an object. A proxy that throws ends the list. */
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
