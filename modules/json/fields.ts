/*
 * Fields of a value from outside that should be an object: each field may be absent or of any type.
 */

/** @returns `value` as a record; an empty record when it is no object */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
};
