/*
 * Everything that can be reached from an object by its own properties: what a connection still holds. Portable.
 */

/** @returns texts, and contents of typed arrays as comma-separated numbers. @param leftOut objects that are not entered */
export function reachable(root: object, leftOut: readonly unknown[] = []): string[] {
  const seen = new Set<unknown>(leftOut);
  const found: string[] = [];
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") found.push(value);
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Uint8Array) found.push(value.join());
    else if (value instanceof Map) waiting.push(...value.keys(), ...value.values());
    else for (const key of Reflect.ownKeys(value)) waiting.push((value as Record<PropertyKey, unknown>)[key]);
  }
  return found;
}
