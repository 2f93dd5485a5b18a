/*
 * Registry: the extensions of one link, ours and the application's, and what became of each. It outlives connections.
 */

import { Fault } from "../../../modules/fault/fault.js";
import type { Extension } from "./extension.js";

export class Registry {
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Property names that payloads may carry: the keys (of `extensions:get`) and what each extension declares. */
  readonly names: readonly string[];
  /** Version in use by key, of those that are attached now. */
  readonly attached = new Map<string, string>();
  private readonly _leftOut = new Set<string>();

  /** @throws Fault of stage "options", code "bad-extension" */
  constructor(extensions: readonly Extension[]) {
    const byKey = new Map<string, Extension>();
    const names = new Set<string>();
    for (const extension of extensions) {
      const { key } = extension;
      const wrong =
        typeof key !== "string" || !/^[a-z][a-z0-9_]{0,63}$/.test(key)
          ? "has a key that is not lower-case letters, digits and _"
          : byKey.has(key)
            ? "is there twice"
            : whatIsWrong(extension);
      if (wrong !== undefined) throw new Fault("options", "bad-extension", `Extension "${String(key)}" ${wrong}.`);
      byKey.set(key, extension);
      names.add(key);
      for (const name of extension.names ?? []) names.add(name);
    }
    this.extensions = byKey;
    this.names = [...names];
  }

  /** @returns true the first time only, until the extension was attached in between */
  leftOut(key: string): boolean {
    if (this._leftOut.has(key)) return false;
    this._leftOut.add(key);
    return true;
  }

  nowAttached(key: string, version: string): void {
    this.attached.set(key, version);
    this._leftOut.delete(key);
  }
}

const whatIsWrong = ({ versions, names = [], ready, attached, event, detached }: Extension): string | undefined => {
  if (!areTexts(versions) || versions.length === 0) return "has no list of versions";
  if (!areTexts(names)) return "has names that are not a list of texts";
  const isFunction = (given: unknown): boolean => typeof given === "function";
  if (![attached, event, detached].every(isFunction)) return "lacks one of the functions attached, event and detached";
  return ready === undefined || isFunction(ready) ? undefined : "has a ready that is no function";
};

const areTexts = (list: unknown): list is readonly string[] => {
  return Array.isArray(list) && list.every((text) => typeof text === "string" && text !== "");
};
