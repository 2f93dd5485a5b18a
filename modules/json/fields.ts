/*
 * The properties of what should be an object, as somebody else sent it: each may be there, of any kind, or not.
 */

/** @returns none of what is no object */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
};
