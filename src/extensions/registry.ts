/*
 * Registry: the extensions of one link, ours and the application's, and what became of each. It outlives connections.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Extension } from "./extension.js";

export class Registry {
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Version in use by key, of those that are attached now. */
  readonly attached = new Map<string, string>();
  readonly #leftOut = new Set<string>();

  /** @throws Fault of stage "options", code "bad-extension" */
  constructor(extensions: readonly Extension[]) {
    const byKey = new Map<string, Extension>();
    for (const extension of extensions) {
      const { key, versions } = extension;
      const wrong = !/^[a-z][a-z0-9_]{0,63}$/.test(key)
        ? "has a key that is not lower-case letters, digits and _"
        : byKey.has(key)
          ? "is there twice"
          : versions.length === 0 || !versions.every((version) => typeof version === "string" && version !== "")
            ? "has no list of versions"
            : undefined;
      if (wrong !== undefined) throw new Fault("options", "bad-extension", `Extension "${key}" ${wrong}.`);
      byKey.set(key, extension);
    }
    this.extensions = byKey;
  }

  /** Property names that payloads may carry: the keys (of `extensions:get`) and what each extension declares. */
  get names(): string[] {
    const names = new Set<string>(this.extensions.keys());
    for (const { names: declared = [] } of this.extensions.values()) for (const name of declared) names.add(name);
    return [...names];
  }

  /** @returns true the first time only, until the extension was attached in between */
  leftOut(key: string): boolean {
    if (this.#leftOut.has(key)) return false;
    this.#leftOut.add(key);
    return true;
  }

  nowAttached(key: string, version: string): void {
    this.attached.set(key, version);
    this.#leftOut.delete(key);
  }
}
