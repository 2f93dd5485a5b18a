import assert from "node:assert/strict";
import { check, placesOf } from "../../support/planted.js";

const linked = [
  "nerveshub.ts",
  "src/link.ts",
  "features/health.ts",
  "modules/http/get.ts",
  "hosts/xs/a.ts",
  "hosts/esp32/a.ts",
];
const alsoLinked = ["hosts/simulator/a.ts", "hosts/flash-model/a.ts", "src/features/health/health.ts"];
const elsewhere = ["hosts/node/a.ts", "tools/hub/a.ts", "test/src/a.test.ts", "bench/a.ts"];

const planted = (text: string) =>
  Object.fromEntries([...linked, ...alsoLinked, ...elsewhere].map((path) => [path, text]));

/** Of the planted line, in every file that is linked. */
const everyLinked = (line: number) => [...linked, ...alsoLinked].map((path) => `${path}:${line}`).sort();

const exceptions = (entry: string) => ({
  "tools/rules/exceptions.mjs": `export const privateNames = [["${entry}", "why"]];\n`,
});

describe("12.5 a `#name` in what is linked into a device fails `npm run check`", () => {
  for (const member of ["#a = 1;", "readonly #a: string;", "static #a = 1;", "#a(): void {}", "get #a() { return 1; }"])
    it(`as \`${member}\`, with the name that it should have`, () => {
      const { status, lines } = check(planted(`export class A {\n  ${member}\n}\n`), "privateNames");
      assert.equal(status, 1);
      assert.deepEqual(placesOf(lines, "#a costs ROM, `private _a` does not").sort(), everyLinked(2));
      assert.equal(lines.length, linked.length + alsoLinked.length);
    });

  it("as does a field that a parameter of the constructor declares", () => {
    const { lines } = check(planted("export class A {\n  constructor(private _a: string) {}\n}\n"), "privateNames");
    assert.deepEqual(
      placesOf(lines, "a field is declared in the class, and not by a parameter").sort(),
      everyLinked(2),
    );
  });

  it("as does a private or protected member without a leading underscore", () => {
    const text = "export class A {\n  private a = 1;\n  protected b(): void {}\n  private _c = 2;\n  d = 3;\n}\n";
    const { lines } = check(planted(text), "privateNames");
    assert.deepEqual(placesOf(lines, "a is not public, so it has to be called _a").sort(), everyLinked(2));
    assert.deepEqual(placesOf(lines, "b is not public, so it has to be called _b").sort(), everyLinked(3));
    assert.equal(lines.length, 2 * (linked.length + alsoLinked.length));
  });

  it("and an exception is one file, or one field of it", () => {
    const text = "export class A {\n  #key = 1;\n  #other = 2;\n}\n";
    const places = (entry: string) =>
      placesOf(
        check({ "src/link.ts": text, "src/client.ts": text, ...exceptions(entry) }, "privateNames").lines,
        "costs",
      );
    assert.deepEqual(places("src/link.ts"), ["src/client.ts:2", "src/client.ts:3"]);
    assert.deepEqual(places("src/link.ts: #key"), ["src/client.ts:2", "src/client.ts:3", "src/link.ts:3"]);
  });
});

describe("12.5 a function declaration in what is linked into a device fails `npm run check`", () => {
  for (const text of [
    "function f() {}",
    "export function f(): void {}",
    "export async function f() {}",
    "export const f = function () {};",
  ])
    it(`as \`${text}\``, () => {
      const { status, lines } = check(planted(`const a = 1;\n${text}\n`), "functionDeclarations");
      assert.equal(status, 1);
      assert.deepEqual(placesOf(lines, "`const f = () => …`").sort(), everyLinked(2));
      assert.equal(lines.length, linked.length + alsoLinked.length);
    });

  it("but a generator, a method, a constant and a declaration of types do not", () => {
    const text =
      "export function* f() {}\ndeclare function g(): void;\nexport const h = () => {};\nclass A { a() {} }\n";
    assert.deepEqual(check(planted(text), "functionDeclarations"), { status: 0, lines: [] });
  });
});

describe("a RegExp that a preload would make fails `npm run check`", () => {
  const said = "a preloaded RegExp crashes XS; make it inside a function";
  for (const text of [
    "const a = /x/;",
    "export const a = Object.freeze({\n b: /x/ });",
    "const a =\n  /x/;",
    'const a = RegExp("x");',
    'const a = [new RegExp("x")];',
    "class A {\n static a = /x/; }",
  ])
    it(`as \`${text.replaceAll("\n", "")}\``, () => {
      const { lines } = check(planted(`${text}\n`), "preloadedRegExps");
      assert.equal(placesOf(lines, said).length, linked.length + alsoLinked.length);
    });

  it("but not inside a function, a method or a field of an instance", () => {
    const text = "const a = () => /x/;\nclass A {\n  b = /x/;\n  c() {\n    return RegExp('x');\n  }\n}\n";
    assert.deepEqual(check(planted(text), "preloadedRegExps"), { status: 0, lines: [] });
  });
});
