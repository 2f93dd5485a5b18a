import assert from "node:assert/strict";
import { check, placesOf } from "../../support/planted.js";

const dead = (files: Readonly<Record<string, string>>) =>
  placesOf(check(files, "deadExports").lines, "nobody but suites imports").sort();

const library = `export const used = 1;
export const dead = 2;
export class Dead {}
export const alsoDead = () => {}, usedToo = 1;
export interface Named { a: number }
export interface Unnamed { b: number }
const late = 1;
export { late };
export const takes = (named: Named): void => {};
`;
const user = 'import { used, usedToo, takes } from "./library.js";\n';

describe("12.3 an export that nobody but suites imports fails `npm run check`", () => {
  it("in src, modules and hosts, with its name", () => {
    const { status, lines } = check({ "src/log/library.ts": library, "src/log/user.ts": user }, "deadExports");
    assert.equal(status, 1);
    const names = lines.map((line) => /:(\d+): nobody but suites imports (\w+);/.exec(line)?.slice(1, 3).join(" "));
    assert.deepEqual(names, ["2 dead", "3 Dead", "4 alsoDead", "6 Unnamed", "8 late"]);
    for (const folder of ["modules/text", "hosts/xs"])
      assert.equal(dead({ [`${folder}/library.ts`]: library, [`${folder}/user.ts`]: user }).length, 5);
    assert.deepEqual(dead({ "tools/hub/library.ts": library }), []);
  });

  it("a suite or a bench is nobody; a tool, an example, a re-export and `* as` are somebody", () => {
    const one = { "modules/text/a.ts": "export const a = 1;\n" };
    const importing = (path: string, text = 'import { a } from "../../modules/text/a.js";\n') =>
      dead({ ...one, [path]: text });
    assert.deepEqual(importing("test/src/a.test.ts"), ["modules/text/a.ts:1"]);
    assert.deepEqual(importing("bench/xs/a.ts"), ["modules/text/a.ts:1"]);
    assert.deepEqual(importing("tools/hub/a.ts"), []);
    assert.deepEqual(importing("examples/one/main.ts"), []);
    assert.deepEqual(importing("tools/hub/a.ts", 'export { a as b } from "../../modules/text/a.js";\n'), []);
    assert.deepEqual(importing("tools/hub/a.ts", 'import * as all from "../../modules/text/a.js";\n'), []);
    assert.deepEqual(importing("nerveshub.ts", 'import { a } from "nerveshub/modules/text/a";\n'), []);
  });

  it("a manifest is somebody where it gives a file on under another name", () => {
    const manifest = (name: string) => ({
      "hosts/xs/manifest.json": JSON.stringify({ platforms: { esp32: { modules: { "*": ["./c"], [name]: "./a" } } } }),
    });
    const one = { "hosts/xs/a.ts": "export const a = 1;\n" };
    assert.deepEqual(dead({ ...one, ...manifest("nerveshub/hosts/xs/a") }), ["hosts/xs/a.ts:1"]);
    assert.deepEqual(dead({ ...one, ...manifest("nerveshub/hosts/platform/a") }), []);
  });

  it("an exception is a name, or a file", () => {
    const exceptions = (entry: string) => ({
      "tools/rules/exceptions.mjs": `export const deadExports = [["${entry}", "why"]];\n`,
    });
    const two = { "src/log/a.ts": "export const a = 1;\nexport const b = 1;\n" };
    assert.deepEqual(dead({ ...two, ...exceptions("src/log/a.ts: a") }), ["src/log/a.ts:2"]);
    assert.deepEqual(dead({ ...two, ...exceptions("src/log/a.ts") }), []);
  });
});
