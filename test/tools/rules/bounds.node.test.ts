import assert from "node:assert/strict";
import { check } from "../../support/planted.js";

const path = "modules/http/lines.ts";
const suite = { "test/limits/http.test.ts": 'limit("maxLineBytes", "one of that length is read", () => {});\n' };

/** What is said of the bound, and not of the list that is missing here. */
const said = (files: Readonly<Record<string, string>>): string[] =>
  check(files, "bounds").lines.filter((line) => line.startsWith(path));

describe("12.3 a bound is told and run, or `npm run check` fails", () => {
  const bound = "/** Longest line. */\nexport const maxLineBytes = 8;\n";

  it("for one that no suite of XS runs at the limit", () => {
    const beyond = `${path}:2: no suite that XS runs has a limit("maxLineBytes", …): at the bound, and one beyond it`;
    assert.deepEqual(said({ [path]: bound }), [beyond]);
    assert.deepEqual(said({ [path]: bound, ...suite }), []);
    const onNode = { "test/limits/http.node.test.ts": suite["test/limits/http.test.ts"] };
    assert.deepEqual(said({ [path]: bound, ...onNode }), [beyond]);
  });

  it("for one without a reason; one reason may stand above several in a row", () => {
    const bare = "export const maxLineBytes = 8;\n";
    assert.deepEqual(said({ [path]: bare, ...suite }), [`${path}:1: the bound maxLineBytes has no reason above it`]);
    assert.deepEqual(said({ [path]: `/** Two. */\nexport const maxLineBytes = 1;\nexport const keptBytes = 2;\n` }), [
      `${path}:2: no suite that XS runs has a limit("maxLineBytes", …): at the bound, and one beyond it`,
      `${path}:3: no suite that XS runs has a limit("keptBytes", …): at the bound, and one beyond it`,
    ]);
  });

  it("for one with a type of several words, and one that is exported elsewhere than where it is made", () => {
    const typed = "export const maxLineBytes: Record<string, number> = { a: 8 };\n";
    assert.deepEqual(said({ [path]: typed, ...suite }), [`${path}:1: the bound maxLineBytes has no reason above it`]);
    assert.deepEqual(said({ [path]: "const maxLineBytes = 8;\nexport { maxLineBytes };\n" }), [
      `${path}:2: the bound maxLineBytes is exported where it is made`,
    ]);
  });

  it("for a list in docs that is not what the sources say", () => {
    const files = { [path]: bound, ...suite };
    assert.deepEqual(check(files, "bounds").lines, [
      "docs/bounds.md:1: is not what the sources say: node tools/rules/main.mjs bounds --write",
    ]);
  });

  it("but not for what is private to its file, what only Node has, and what is no bound", () => {
    assert.deepEqual(said({ [path]: "const maxLineBytes = 8;\nexport const lineFeed = 10;\n" }), []);
    assert.deepEqual(check({ "hosts/node/a.ts": "export const maxLineBytes = 8;\n" }, "bounds").lines, []);
  });
});
