/*
 * Every function that an application hands in has a row in functions.test.ts. What there is, the sources say: the lists that
 * options are checked by (requireFunctions), and those that the link asks for by name.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, describe, it } from "../support/harness.js";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join("src", file), "utf8"));
const rows = readFileSync("test/src/functions.test.ts", "utf8");

/** The texts of a list in a source. */
const texts = (list: string): string[] => [...list.matchAll(/"([^"]+)"/g)].map(([, text]) => text);

function handedIn(): string[] {
  const names: string[] = [];
  for (const text of sources) {
    for (const [, owner, lists] of text.matchAll(/requireFunctions\(([^,]+),[^[]*((?:\[[^\]]*\][, ]*)+)\)/g))
      for (const name of texts(lists)) names.push(`${owner.startsWith('"') ? owner.slice(1, -1) : "writer"}.${name}`);
    const client = /const clientFunctions = Object\.freeze\((\[[^\]]*\])/.exec(text)?.[1];
    if (client !== undefined) names.push(...texts(client));
    // Of providers there is one, under its own name.
    for (const [, name] of text.matchAll(/wrong\("(\w+)", "must be a function"\)/g)) names.push(name);
  }
  return names;
}

/** Whether the suite has a row of this name, written out or made by one of its helpers. */
function hasRow(name: string): boolean {
  if (rows.includes(`"${name}"`)) return true;
  const [owner, method] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1)];
  const helper = new Map([
    ["", "notified"],
    ["managedUpdates", "told"],
    ["archives.writer", "archiveRow"],
    ["writer", "writerRow"],
  ]).get(owner);
  return helper !== undefined && rows.includes(`${helper}("${method}"`);
}

describe("functions that an application hands in", () => {
  it("are found in the sources", () => {
    const names = handedIn();
    for (const name of [
      "validate",
      "health.metrics",
      "managedUpdates.checked",
      "writer.confirm",
      "archives.writer.begin",
    ])
      assert.ok(names.includes(name), `${name} of ${names.join(", ")}`);
    assert.ok(names.length >= 20, names.join(", "));
  });

  it("have a row each", () => {
    const missing = handedIn().filter((name) => !hasRow(name) && !rows.includes(`"${name}: the server is told`));
    assert.deepEqual(
      missing.filter((name) => name !== "writer.confirm" || !rows.includes("writer.confirm: the server")),
      [],
    );
  });
});
