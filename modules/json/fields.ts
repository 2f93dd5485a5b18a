/*
 * Fields of a value from outside that should be an object: each field may be absent or of any type.
 */

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  return typeof value === "object" && value !== null;
};

/** @returns `value` as a record; an empty record when it is no object */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => {
  return isObject(value) ? value : {};
};
