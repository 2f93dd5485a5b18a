/*
 * Looking into JSON that came from a device: plain questions about type, so that each handler can say what it wants.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A JSON object, and not null or a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member of that name, undefined when `value` is no object or has none. */
export function member(value: unknown, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Text that holds something other than white space. */
export function isFilledText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
