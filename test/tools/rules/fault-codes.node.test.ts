import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { check as checkAll } from "../../support/planted.js";

/** modules/fault/fault.ts, as far as it makes faults, and where its lines are of no matter. */
const fault = `export class Fault extends Error {}
export const asFault = (error: unknown, stage: string, code: string) => {
  if (error === 1) return new Fault(stage, code, "one");
  return new Fault(stage, code, "a value that has no text");
};
`;

/** Runs the rule over these files, and leaves out that there is no docs/faults.md. */
function check(files: Readonly<Record<string, string>>): string[] {
  const { lines } = checkAll({ "modules/fault/fault.ts": fault, ...files }, "faultCodes");
  return lines.filter((line) => !line.startsWith("docs/faults.md:"));
}

const twice = (path: string, line: number, code: string, stage: string, other: string) =>
  `${path}:${line}: the code "${code}" has the stage "${stage}" here and "${other}"`;

describe("12.3 a code of two stages fails `npm run check`", () => {
  const first = 'throw new Fault("flash", "worn", "The flash is worn out.");\n';
  const second: Readonly<Record<string, string>> = {
    "new Fault": '\nthrow new Fault("image", "worn", "…");\n',
    "a choice": '\nthrow new Fault("image", n ? "worn" : "torn", "…");\n',
    "a choice of stages": '\nthrow new Fault(n ? "flash" : "image", "worn", "…");\n',
    "a constant": 'const code = "worn";\nthrow new Fault("image", code, "…");\n',
    asFault: 'import { asFault } from "../modules/fault/fault.js";\nasFault(error, "image", "worn");\n',
    "a function of the file": 'const refuse = (code: string) => new Fault("image", code, "…");\nrefuse("worn");\n',
    "a function in a function":
      'const f = () => { const ended = (a: string) => new Fault("image", a, "…");\nended("worn"); };\n',
    "a function of functions":
      'const a = (b: string, c: string) => new Fault(b, c, "…"); const d = (e: string) => a("image", e);\nd("worn");\n',
    "a parameter with a default": '\nconst a = (code = "worn") => new Fault("image", code, "…"); a();\n',
    "a method":
      'class A { f() {\nthrow this._fault("worn"); }\nprivate _fault(code: string) { return new Fault("image", code, "…"); } }\n',
    "a field of the constructor":
      'class A { constructor(stage: string) { this._stage = stage; } f() {\nthrow new Fault(this._stage, "worn", "…"); } }\nnew A("image");\n',
    "a subclass":
      'class Violation extends Fault { constructor(code: string) { super("image", code, "…"); } }\nnew Violation("worn");\n',
  };
  for (const [how, text] of Object.entries(second))
    it(`by ${how}`, () => {
      const lines = check({ "modules/a.ts": first, "src/b.ts": text });
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.ok(lines[0]?.startsWith(twice("src/b.ts", 2, "worn", "image", "flash")), lines[0]);
      assert.match(lines[0] ?? "", / at modules\/a\.ts:1; a code belongs to one stage$/);
    });

  it("and so does a stage that src/client.ts does not list", () => {
    const client = 'export type Stage =\n  | "flash"\n  | "image";\n';
    const lines = check({
      "src/client.ts": client,
      "modules/a.ts": first,
      "src/b.ts": first.replace("flash", "flahs"),
    });
    const expected = 'src/b.ts:1: the stage "flahs" is none of those that src/client.ts lists';
    assert.ok(lines.includes(expected), lines.join("\n"));
    assert.deepEqual(check({ "src/client.ts": client, "modules/a.ts": first }), []);
  });

  it("by a function that another file exports, where that is imported", () => {
    const exported = 'export const refuse = (code: string) => new Fault("image", code, "…");\n';
    const files = { "modules/a.ts": first, "modules/b.ts": exported };
    const importing = 'import { refuse } from "../modules/b.js";\n';
    const lines = check({ ...files, "src/c.ts": `${importing}refuse("worn");\n` });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.startsWith(twice("src/c.ts", 2, "worn", "image", "flash")));
    assert.deepEqual(check({ ...files, "src/c.ts": 'list.refuse("worn");\n' }), []);
  });

  it("but functions of one name in two files, the same fault in other words, and an exception do not", () => {
    const local = (stage: string, code: string) =>
      `const refuse = (code: string) => new Fault("${stage}", code, "…");\nrefuse("${code}");\n`;
    assert.deepEqual(check({ "src/a.ts": local("image", "torn"), "src/b.ts": local("flash", "worn") }), []);
    assert.deepEqual(check({ "src/a.ts": 'throw new Fault(fault.stage, fault.code, "…");\n' }), []);
    const exceptions = { "tools/rules/exceptions.mjs": 'export const faultCodes = [["worn", "why"]];\n' };
    assert.deepEqual(
      check({ "src/a.ts": local("image", "worn"), "src/b.ts": local("flash", "worn"), ...exceptions }),
      [],
    );
  });

  it("and one that cannot be read, or is not spelled as codes are, does as well", () => {
    const unread = /^src\/a\.ts:1: stage and code of this fault cannot be read; /;
    assert.match(check({ "src/a.ts": 'throw new Fault("image", codes.get(1), "…");\n' })[0] ?? "", unread);
    assert.match(check({ "src/a.ts": 'throw new Fault(fault.stage, other.code, "…");\n' })[0] ?? "", unread);
    const method = 'class A { fault(code: string) { return new Fault("image", code, "…"); } }\n';
    assert.match(check({ "src/a.ts": method, "src/b.ts": 'a.fault("worn");\n' })[0] ?? "", unread);
    const [line] = check({ "src/a.ts": 'throw new Fault("image", "Worn_out", "…");\n' });
    assert.equal(line, 'src/a.ts:1: the code "Worn_out" is not lower-case words joined by "-"');
  });
});

describe("12.3 docs/faults.md lists every code, with its stage", () => {
  it("as the sources have them, or `npm run check` fails", () => {
    const planted = { "modules/fault/fault.ts": fault, "src/a.ts": 'throw new Fault("flash", "worn", "…");\n' };
    const other = { "docs/faults.md": "| `torn` | flash | [a.ts](../src/a.ts) |\n" };
    for (const files of [planted, { ...planted, ...other }]) {
      const { status, lines } = checkAll(files, "faultCodes");
      assert.equal(status, 1);
      assert.deepEqual(lines, [
        "docs/faults.md:1: is not what the sources say: node tools/rules/main.mjs faultCodes --write",
      ]);
    }
  });

  it("those that NervesHub's operators meet first among them", () => {
    const page = readFileSync("docs/faults.md", "utf8");
    for (const [code, stage] of Object.entries({
      "credentials-refused": "upgrade",
      "unknown-ca": "tls",
      "tls-alert-…": "tls",
      "checksum-mismatch": "download",
      "join-timeout": "join",
      "bad-option": "options",
    }))
      assert.ok(page.includes(`\n| \`${code}\` | ${stage} | `), code);
  });
});

describe("12.3 a fault under another name fails `npm run check`", () => {
  it("since the rule finds faults by their name", () => {
    const text = 'import { Fault as F } from "../modules/fault/fault.js";\nnew F("update", "torn", "…");\n';
    const { lines } = checkAll({ "modules/fault/fault.ts": fault, "src/a.ts": text }, "faultCodes");
    assert.deepEqual(lines, ["src/a.ts:1: Fault is imported under its own name, by which it is found"]);
  });
});
