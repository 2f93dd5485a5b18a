/*
 * The functions that an application hands in with its options: that each is one is checked here, once, at construction.
 * Those of extensions and commands are checked where their lists are (extensions/registry.ts, console/command-table.ts).
 *
 * A new one is a line here, a call through src/guarded.ts, and a row of test/src/functions.test.ts, which compares its rows
 * with these.
 */

import { Fault } from "../modules/fault/fault.js";

interface Owner {
  readonly needed?: readonly string[];
  readonly optional?: readonly string[];
  /** It may be `false` instead. */
  readonly switched?: boolean;
}

/** By the option that is an object of functions. */
export const functionsOf: Readonly<Record<string, Owner>> = Object.freeze({
  client: {
    optional: [
      "updateAvailable",
      "updateModeChanged",
      "updateChecked",
      "updateRejected",
      "archiveAvailable",
      "progress",
      "error",
      "reboot",
      "identify",
      "connected",
      "disconnected",
      "validate",
    ],
  },
  writer: { needed: ["begin", "write", "finish", "abort"], optional: ["confirm"] },
  archiveWriter: { needed: ["begin", "write", "finish", "abort"] },
  health: { optional: ["metrics", "metadata"], switched: true },
  metrics: { optional: ["readings"], switched: true },
});

/** Options that are functions. A `geo` may be an object as well. */
export const functionOptions: readonly string[] = Object.freeze(["geo", "networkIdentity", "components", "evaluate"]);

const lists: readonly string[] = Object.freeze(["extensions", "commands"]);

/** @throws Fault of stage "options", code "bad-option", that names the function */
export function checkFunctions(options: object): void {
  const given = options as Record<string, unknown>;
  for (const [name, owner] of Object.entries(functionsOf)) {
    const value = given[name];
    const { needed = [], optional = [], switched } = owner;
    if (value === undefined || (switched && value === false)) continue;
    if (!isObject(value)) throw wrongOption(name, "must be an object");
    for (const method of needed) requireFunction(`${name}.${method}`, value[method]);
    for (const method of optional) if (value[method] !== undefined) requireFunction(`${name}.${method}`, value[method]);
  }
  for (const name of functionOptions) {
    const value = given[name];
    if (value === undefined || (name === "geo" && isObject(value))) continue;
    requireFunction(name, value);
  }
  for (const name of lists) {
    const value = given[name];
    if (value !== undefined && !(Array.isArray(value) && value.every(isObject)))
      throw wrongOption(name, "must be a list of objects");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function requireFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw wrongOption(name, "must be a function");
}

export function wrongOption(option: string, what: string): Fault {
  return new Fault("options", "bad-option", `Option "${option}" ${what}.`);
}
