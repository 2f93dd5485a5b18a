import { asFault, Fault, stackOf } from "../../../modules/fault/fault.js";
import { settle } from "../../../modules/fault/settle.js";
import { assert, describe, it } from "../../support/harness.js";

/** Everything that `settle` tells of `body`, after its promises have run. */
async function ends(body: () => unknown): Promise<string[]> {
  const told: string[] = [];
  settle(
    body,
    (value, fulfilled) => told.push(`${fulfilled ? "fulfilled" : "returned"} ${String(value)}`),
    (error, how) => told.push(`${how} ${asFault(error, "application", "x").message}`),
  );
  const atOnce = told.length;
  for (let i = 0; i < 8; i++) await undefined;
  return [...told, atOnce === 1 ? "at once" : "later"];
}

describe("settle: code that is not ours", () => {
  it("ends once, at once where there is no promise", async () => {
    assert.deepEqual(await ends(() => 5), ["returned 5", "at once"]);
    const thrown = await ends(() => {
      throw new Error("no");
    });
    assert.deepEqual(thrown, ["threw no", "at once"]);
    assert.deepEqual(await ends(() => Promise.resolve(5)), ["fulfilled 5", "later"]);
    assert.deepEqual(await ends(() => Promise.reject(new Error("no"))), ["rejected no", "later"]);
  });

  it("takes any thenable for a promise, however it behaves", async () => {
    type Then = (yes: (value: unknown) => void, no: (error: unknown) => void) => void;
    const thenable = (then: unknown): (() => unknown) => {
      return () => ({ then });
    };
    const twice: Then = (yes, no) => {
      yes(1);
      no(new Error("no"));
      yes(2);
    };
    assert.deepEqual(await ends(thenable(twice)), ["fulfilled 1", "later"]);
    const throwing: Then = () => {
      throw new Error("no");
    };
    assert.deepEqual(await ends(thenable(throwing)), ["rejected no", "later"]);
    assert.deepEqual(await ends(thenable(5)), ["returned [object Object]", "at once"]);
    const own = Promise.resolve(1);
    // biome-ignore lint/suspicious/noThenProperty: a promise with a `then` of its own
    Object.defineProperty(own, "then", { value: throwing });
    assert.deepEqual(await ends(() => own), ["rejected no", "later"]);
  });

  it("makes a text of whatever is thrown", () => {
    const nameless = Object.create(null) as unknown;
    const hostile = new Error("x");
    Object.defineProperty(hostile, "message", {
      get() {
        throw new Error("y");
      },
    });
    for (const thrown of [nameless, hostile, { toString: () => nameless }]) {
      assert.equal(asFault(thrown, "application", "x").message, "a value that has no text");
      assert.equal(typeof stackOf(thrown), "string");
    }
    for (const thrown of [undefined, null, Symbol("s"), 5n, "text"])
      assert.equal(asFault(thrown, "application", "x").message, String(thrown));
    const fault = new Fault("store", "full", "The store is full.");
    assert.equal(asFault(fault, "application", "x"), fault);
  });
});
