import { maxCommandOutputCharacters } from "../../../src/command.js";
import { Commands } from "../../../src/features/console/commands.js";
import { inspect } from "../../../src/log/inspect.js";
import { assert, describe, it } from "../../support/harness.js";
import { Stage } from "../../support/stage.js";

function throwing(): never {
  throw new Error("from inside the value");
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** As an operator's code could make them: `JSON.stringify` or `String` throws for each, or runs what is in it. */
const hostile: readonly (readonly [name: string, value: unknown, shown: string])[] = [
  ["an object without a prototype", Object.create(null), "{}"],
  ["a symbol", Symbol("relay"), "Symbol(relay)"],
  ["a bigint in an object", { a: 10n }, '{"a":10}'],
  ["a bigint that takes minutes to print", 2n ** 5000n, "[a bigint of more than 308 digits]"],
  ["a toJSON that throws", { toJSON: throwing }, '{"toJSON":[function]}'],
  ["a toString that throws", { toString: throwing }, '{"toString":[function]}'],
  ["a getter that throws", Object.defineProperty({}, "a", { get: throwing, enumerable: true }), '{"a":[getter]}'],
  ["an error whose message is a getter that throws", badError(), "[an object that cannot be shown]"],
  ["a revoked proxy", revoked(), "[an object that cannot be shown]"],
  ["a proxy that throws", new Proxy({}, { ownKeys: throwing }), "[an object that cannot be shown]"],
  ["a proxy of endless length", new Proxy([], { get: () => 1e9 }), `[${"undefined,".repeat(100)} … 999999900 more]`],
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is shown
  ["a thenable", { then: throwing }, '{"then":[function]}'],
  ["an invalid date", new Date(Number.NaN), "Invalid Date"],
  ["a function", () => 1, "[function]"],
];

function badError(): Error {
  return Object.defineProperty(new Error(), "message", { get: throwing });
}

/** What the console shows for a value, or for one that is thrown. */
function atPrompt(value: unknown, thrown = false): string[] {
  const printed: string[] = [];
  const evaluate = () => {
    if (thrown) throw value;
    return value;
  };
  const print = (line: string) => printed.push(line);
  const commands = new Commands();
  commands.evaluate = evaluate;
  commands.install(new Stage().core);
  commands.run({ line: "value", columns: 80, print, done: () => {} });
  return printed;
}

describe("11.2 the prompt: a value is shown, whatever it is", () => {
  it("shows plain values as JSON does", () => {
    for (const value of [{ a: [1, "b", null, true, { c: {} }] }, [], {}, null, 1.5, true])
      assert.equal(inspect(value), JSON.stringify(value));
  });

  it("shows what JSON loses", () => {
    assert.equal(inspect({ a: undefined, b: Number.NaN }), '{"a":undefined,"b":NaN}');
    assert.equal(inspect(new Map([[1, 2]])), "[1 entries]");
    assert.equal(inspect(new Uint8Array(3)), "[0,0,0]");
    assert.equal(inspect(new Date(0)), '"1970-01-01T00:00:00.000Z"');
    assert.equal(inspect([new RangeError("too far")]), "[RangeError: too far]");
  });

  it("shows a text as it is", () => {
    assert.equal(inspect('a "b"'), 'a "b"');
  });

  for (const [name, value, shown] of hostile) {
    it(`${name} is shown`, () => {
      assert.equal(inspect(value), shown);
      // A thenable is waited for.
      assert.ok(atPrompt(value).length <= 1);
    });
    it(`${name} that is thrown is an error of that line`, () => {
      assert.match(atPrompt(value, true)[0], /^error: /);
    });
  }

  it("one that contains itself is shown", () => {
    const self: unknown[] = [];
    self.push(self, { self });
    assert.equal(inspect(self), '[[circular],{"self":[circular]}]');
  });

  it("one that is deep is shown to a depth", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = [deep];
    assert.equal(inspect(deep), "[[[[[[[object]]]]]]]");
  });

  it("one that is large is shown up to the output's limit", () => {
    const wide = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => "x".repeat(100)));
    for (const value of [wide, "x".repeat(100_000), "\n".repeat(100_000), { ["x".repeat(100_000)]: 1 }])
      assert.equal(inspect(value).length, maxCommandOutputCharacters);
    assert.match(inspect(new Uint8Array(100_000)), /,0, … 99900 more\]$/);
  });
});
