/*
 * Structural equality as the suites know it from Node's deepStrictEqual: same prototypes, same own enumerable keys, same
 * elements; buffers and views by bytes, Maps and Sets by members, errors by name and message too.
 */

import { sameBytes } from "../../modules/text/same-bytes.js";

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameMembers(a: Set<unknown>, b: Set<unknown>): boolean {
  if (a.size !== b.size) return false;
  const unmatched = [...b];
  for (const member of a) {
    const at = unmatched.findIndex((other) => equal(member, other));
    if (at < 0) return false;
    unmatched.splice(at, 1);
  }
  return true;
}

function sameEntries(a: Map<unknown, unknown>, b: Map<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key) || !equal(value, b.get(key))) return false;
  }
  return true;
}

/** Whether `a` and `b` are the same structure. Cycles are not supported. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (ArrayBuffer.isView(a)) return sameBytes(bytesOf(a), bytesOf(b as ArrayBufferView));
  if (a instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  if (a instanceof Map) return sameEntries(a, b as Map<unknown, unknown>);
  if (a instanceof Set) return sameMembers(a, b as Set<unknown>);
  if (a instanceof Date) return a.getTime() === (b as Date).getTime();
  if (a instanceof Error && (a.name !== (b as Error).name || a.message !== (b as Error).message)) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]));
}

/** A value in a failure message. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Map) return `Map ${show([...value])}`;
  if (value instanceof Set) return `Set ${show([...value])}`;
  if (ArrayBuffer.isView(value)) return `[${[...bytesOf(value)].slice(0, 64).join(" ")}] (${value.byteLength} bytes)`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) {
    return JSON.stringify(value, (_, inner) =>
      inner instanceof Map || inner instanceof Set || ArrayBuffer.isView(inner) || typeof inner === "bigint"
        ? show(inner)
        : inner,
    );
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
