/*
 * Issue 12: "No regular expression is compiled for a connection." XS compiles one at every use; those of one connect were
 * 15 % of its instructions. Looks at the sources that a connection runs.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, describe, it } from "../../support/harness.js";

const folders = ["modules", "src", "hosts/xs", "hosts/esp32"];
/** Of errors, of which no connection makes one; and a list of names that only looks like one. */
const exceptions = ["src/features/error-reports/stack-frames.ts", "src/features/prompt/evaluator.ts"];
const comment = /^\s*(\/\*|\*|\/\/)/;
const literal = /(^|[=(,:?!&|[]|return|=>)\s*\/[^/*\s]|\bRegExp\b|\.(match|matchAll|search)\(/;

/** Lines of a source that have a regular expression. */
function found(source: string): string[] {
  return source.split("\n").filter((line) => !comment.test(line) && literal.test(line));
}

describe("regular expressions and connections", () => {
  it("are noticed by this suite", () => {
    for (const line of [
      "if (/^a/.test(text)) {",
      "const a = (): RegExp => 1;",
      "x.replace(/b/g, y)",
      "return /a b/.exec(c);",
    ])
      assert.equal(found(line).length, 1, line);
    for (const line of ["a = b / c;", "(a + b) / 2", " * see /x/", "// a(/b/)"]) assert.deepEqual(found(line), []);
  });

  it("no regular expression is compiled for a connection", () => {
    const sources = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(folder, file)),
    );
    assert.ok(sources.length > 40);
    for (const path of sources.filter((path) => !exceptions.includes(path)))
      assert.deepEqual(found(readFileSync(path, "utf8")), [], path);
  });
});
