/*
 * Exceptions: the entries of tools/rules/exceptions.mjs. It notes which of them a rule needed, so that others are found.
 */

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const path = "tools/rules/exceptions.mjs";

export class Exceptions {
  #lists;
  #used = new Set();

  constructor(lists) {
    this.#lists = lists;
  }

  static async read() {
    return new Exceptions(existsSync(path) ? await import(pathToFileURL(resolve(path)).href) : {});
  }

  /** Whether `matches` finds an entry in the list. Every entry that it finds counts as needed. */
  allow(list, matches) {
    const found = (this.#lists[list] ?? []).filter(([entry]) => matches(entry));
    for (const one of found) this.#used.add(one);
    return found.length > 0;
  }

  /** The entries that were not needed. */
  spent() {
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return Object.values(this.#lists)
      .flat()
      .filter((one) => !this.#used.has(one))
      .map(([entry]) => ({
        path,
        line: lines.findIndex((line) => line.includes(JSON.stringify(entry))) + 1,
        text: `nothing needs this exception any more, so it has to go: ${entry}`,
      }));
  }
}
