/*
 * The functions that an application hands in with its options: that each is one is checked here, once, at construction.
 * Those of extensions and commands are checked where their lists are (extensions/registry.ts, console/command-table.ts).
 *
 * A new one is a line here, a call through src/log/guarded.ts, and a row of test/src/functions.test.ts, which compares its rows
 * with these.
 */

import { wrong } from "./option-checks.js";

/** An owner that is given must have these. */
export const needed: readonly string[] = Object.freeze([
  "writer.begin",
  "writer.write",
  "writer.finish",
  "writer.abort",
  "archiveWriter.begin",
  "archiveWriter.write",
  "archiveWriter.finish",
  "archiveWriter.abort",
]);

export const optional: readonly string[] = Object.freeze([
  "client.updateAvailable",
  "client.updateModeChanged",
  "client.updateChecked",
  "client.updateRejected",
  "client.archiveAvailable",
  "client.progress",
  "client.error",
  "client.reboot",
  "client.identify",
  "client.connected",
  "client.disconnected",
  "client.validate",
  "writer.confirm",
  "health.metrics",
  "health.metadata",
  "metrics.readings",
  "geo",
  "networkIdentity",
  "components",
  "evaluate",
]);

const lists: readonly string[] = Object.freeze(["extensions", "commands"]);

/** @throws Fault of stage "options", code "bad-option", that names the function */
export const checkFunctions = (options: object): void => {
  const given = options as Record<string, unknown>;
  for (const name of [...needed, ...optional]) {
    const [option, method] = name.split(".");
    const value = given[option];
    // `false` switches an extension off; a position may be a fixed one.
    const other =
      (value === false && (option === "health" || option === "metrics")) || (option === "geo" && isObject(value));
    if (value === undefined || other) continue;
    if (method === undefined) requireFunction(name, value);
    else if (!isObject(value)) throw wrong(option, "must be an object");
    else if (value[method] !== undefined || needed.includes(name)) requireFunction(name, value[method]);
  }
  for (const name of lists) {
    const value = given[name];
    if (value !== undefined && !(Array.isArray(value) && value.every(isObject)))
      throw wrong(name, "must be a list of objects");
  }
};

const isObject = (value: unknown): value is Record<string, unknown> => {
  return typeof value === "object" && value !== null;
};

const requireFunction = (name: string, value: unknown): void => {
  if (typeof value !== "function") throw wrong(name, "must be a function");
};
