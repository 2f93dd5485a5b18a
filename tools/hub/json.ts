/*
 * Looking into JSON that came from a device: plain questions about type, so that each handler can say what it wants.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * About how many bytes a value takes as JSON, to judge what is kept of it; looking ends where the answer is known.
 * @param most bytes, and levels of brackets
 * @returns undefined for more than that
 */
export function sizeOf(value: Json, most: number, levels = 64): number | undefined {
  let left = most;
  const fits = (one: Json, below: number): boolean => {
    if (typeof one !== "object" || one === null) left -= isText(one) ? one.length + 2 : 8;
    else if (below === 0) return false;
    else if (Array.isArray(one)) {
      left -= 2 + one.length;
      return left >= 0 && one.every((member) => fits(member, below - 1));
    } else {
      left -= 2;
      for (const name in one) {
        left -= name.length + 4;
        if (left < 0 || !fits(one[name], below - 1)) return false;
      }
    }
    return left >= 0;
  };
  return fits(value, levels) ? most - left : undefined;
}

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
