import assert from "node:assert/strict";
import { check as checkAll, placesOf } from "../../support/planted.js";

/** @returns the status of this rule and the places that it names */
function check(files: Readonly<Record<string, string>>): { status: number | null; places: string[] } {
  const { status, lines } = checkAll(files, "jumpsThatLeaveASwitch");
  return { status, places: placesOf(lines, "this jump leaves a switch") };
}

/** Each was run on XS: 100,000 turns end in a stack overflow. `HERE` stands before the jump. */
const losing: Readonly<Record<string, string>> = {
  for: "for (let i = 0; i < n; i++) { switch (i) { case 1: HERE continue; } }",
  "for-of": "for (const i of list) { switch (i) { case 1: HERE continue; } }",
  "for-in": "for (const i in list) { switch (i) { case '1': HERE continue; } }",
  while: "while (n--) { switch (n) { case 1: HERE continue; } }",
  do: "do { switch (n) { case 1: HERE continue; } } while (n--);",
  "a default without braces": "for (;;) switch (n) { default: HERE continue; }",
  "the loop's own label": "a: for (;;) { switch (n) { case 1: HERE continue a; } }",
  "the label of an outer loop": "a: for (;;) { for (;;) { switch (n) { case 1: HERE continue a; } } }",
  "an outer label from a loop in the switch": "a: for (;;) { switch (n) { case 1: for (;;) { HERE continue a; } } }",
  "a nested switch": "for (;;) { switch (n) { case 1: switch (n) { case 2: HERE continue; } } }",
  "a block and an if": "for (;;) { switch (n) { case 1: { const m = n; if (m) { HERE continue; } } } }",
  "a try in the switch": "for (;;) { switch (n) { case 1: try { HERE continue; } finally { n--; } } }",
  "a catch in the switch": "for (;;) { switch (n) { case 1: try { n--; } catch { HERE continue; } } }",
  "a switch in a try": "for (;;) { try { switch (n) { case 1: HERE continue; } } catch { n--; } }",
  "a generator": "function* g() { for (;;) { switch (n) { case 1: yield 1; HERE continue; } } }",
  "an async arrow function":
    "export const f = async () => { for (;;) { switch (n) { case 1: await f; HERE continue; } } };",
  "a function in a switch, with a loop of its own":
    "switch (n) { case 1: list.forEach(() => { for (;;) { switch (n) { case 1: HERE continue; } } }); }",
  "a static block": "class A { static { for (;;) { switch (n) { case 1: HERE continue; } } } }",
  "break with the label of a loop": "a: for (;;) { switch (n) { case 1: HERE break a; } }",
  "break with the label of a block": "for (;;) { a: { switch (n) { case 1: HERE break a; } } }",
  "break with the label of the switch itself": "for (;;) { a: switch (n) { case 1: HERE break a; } }",
};

/** Each was run on XS: 100,000 turns, and no slot is lost. */
const sound: Readonly<Record<string, string>> = {
  break: "for (;;) { switch (n) { case 1: { const m = n; if (m) break; } } }",
  return: "function f() { for (;;) { switch (n) { case 1: return 1; } } }",
  throw: "for (;;) { try { switch (n) { case 1: throw n; } } catch { n--; } }",
  "continue behind the switch": "for (;;) { switch (n) { case 1: break; } if (n) continue; }",
  "a loop in the switch": "for (;;) { switch (n) { case 1: for (;;) { if (n) continue; else break; } } }",
  "a labelled loop in the switch":
    "switch (n) { case 1: a: for (;;) { for (;;) { if (n) continue a; else break a; } } }",
  "a block in the switch": "for (;;) { switch (n) { case 1: a: { if (n) break a; n--; } } }",
  "a function in a switch": "for (;;) { switch (n) { case 1: list.map(() => { for (;;) { if (n) continue; } }); } }",
  "a labelled continue without a switch": "a: for (;;) { for (const i of list) { if (i) continue a; } }",
  "a labelled break out of try": "for (;;) { a: { try { break a; } finally { n--; } } }",
  "continue out of try, catch and finally":
    "for (;;) { try { if (n) continue; } catch { continue; } finally { n--; } }",
  "a text and a comment": "for (;;) { switch (n) { case 1: f('continue;'); /* continue; */ } }",
};

const framed = (text: string) => `declare let n: number, list: number[];\n${text.replace("HERE ", "\n")}\n`;

describe("11.4 `continue` inside a switch inside a loop is refused", () => {
  it("in every form that loses a slot of the stack", () => {
    const files = Object.entries(losing).map(([name, text], i) => [`src/a${i}.ts`, framed(text), name] as const);
    const { status, places } = check(Object.fromEntries(files));
    assert.equal(status, 1);
    for (const [path, , name] of files) assert.ok(places.includes(`${path}:3`), name);
    assert.equal(places.length, files.length);
  });

  it("and in none that loses nothing", () => {
    const files = Object.entries(sound).map(([, text], i) => [`src/a${i}.ts`, framed(text)] as const);
    assert.deepEqual(check(Object.fromEntries(files)), { status: 0, places: [] });
  });

  it("in everything that runs on XS", () => {
    const text = framed(losing["for"]);
    const running = [
      ...[
        "nerveshub.ts",
        "mcpack.js",
        "src/main.ts",
        "modules/tls/a.ts",
        "hosts/esp32/a.ts",
        "src/features/prompt/a.ts",
      ],
      ...["examples/by-path/main.ts", "examples/mcpack/main.js", "test/src/a.test.ts", "test/xs/a.ts"],
      ...["bench/xs/engine.ts", "examples/by-git/main.mjs", "another.ts"],
    ];
    const { places } = check(Object.fromEntries(running.map((path) => [path, text.replace("declare let", "let")])));
    assert.deepEqual([...places].sort(), running.map((path) => `${path}:3`).sort());
  });

  it("but not where only Node runs it", () => {
    const text = framed(losing["for"]);
    assert.equal(check({ "tools/a.ts": text, "hosts/node/a.ts": text, "test/a.node.test.ts": text }).status, 0);
  });
});
