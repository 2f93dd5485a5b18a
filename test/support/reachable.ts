/*
 * Everything that can be reached from an object by every property that there is, getters included: what a connection still holds,
 * and what an operator's prompt could read. Portable.
 */

export interface Found {
  /** Names of the properties from the root. */
  readonly way: string;
  readonly value: string | Uint8Array;
}

/** @param leaveOut objects that are not entered @returns every text and all bytes that can be reached from `root` */
export function reachable(root: object, leaveOut: readonly unknown[] = []): Found[] {
  const found: Found[] = [];
  const seen = new Set<unknown>([globalThis, ...leaveOut]);
  const waiting: { way: string; value: object }[] = [{ way: "link", value: root }];
  const note = (way: string, value: unknown): void => {
    if (typeof value === "string") found.push({ way, value });
    else if (value instanceof Uint8Array) found.push({ way, value });
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
    const prototype = Reflect.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype && prototype !== Function.prototype)
      for (const key of Reflect.ownKeys(prototype)) {
        const get = Reflect.getOwnPropertyDescriptor(prototype, key)?.get;
        try {
          if (get !== undefined) note(`${way}.${String(key)}`, get.call(value));
        } catch {}
      }
  }
  return found;
}

/** What `reachable` finds as texts: bytes as comma-separated numbers. */
export function reachableTexts(root: object, leaveOut: readonly unknown[] = []): string[] {
  return reachable(root, leaveOut).map(({ value }) => (typeof value === "string" ? value : value.join()));
}
