import assert from "node:assert/strict";
import { check } from "../../support/planted.js";

const path = "hosts/esp32/wifi.ts";

describe("12.3 a throw that is not told fails `npm run check`", () => {
  const thrown = (text: string): string[] => check({ [path]: text }, "toldThrows").lines;
  const body = "{\n  if (a) throw new Error();\n}";

  it("of an exported function or of a public method, at its line", () => {
    const untold = (name: string) => [`${path}:2: ${name} throws, and its comment has no @throws`];
    assert.deepEqual(thrown(`\nexport const f = () => ${body};\n`), untold("f"));
    assert.deepEqual(thrown(`/** Does. */\nexport const f = async () => ${body};\n`), untold("f"));
    assert.deepEqual(thrown(`export class A {\n  a() ${body}\n}\n`), untold("a"));
    assert.deepEqual(thrown(`export class A extends B {\n  constructor() ${body}\n}\n`), untold("A"));
    const caught = "{ try { a(); } catch (error) { throw error; } }";
    assert.deepEqual(thrown(`\nexport const f = () => ${caught};\n`), untold("f"));
  });

  it("but not when it is told, by an interface too, handled, private, or another function's", () => {
    for (const text of [
      `/** Does. @throws Error */\nexport const f = () => ${body};\n`,
      `const f = () => ${body};\n`,
      `export class A implements B {\n  a() ${body}\n}\n`,
      `export class A {\n  private _a() ${body}\n}\n`,
      "export const f = () => { try { throw new Error(); } catch { a(); } };\n",
      `export const f = () => { const g = () => ${body}; };\n`,
    ])
      assert.deepEqual(thrown(text), [], text);
  });
});
