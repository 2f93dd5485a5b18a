import { NodeTimers } from "../../../hosts/node/timers.js";
import { assert, describe, it } from "../../support/harness.js";

describe("timers of Node", () => {
  it("print what a callback throws, and what an async one rejects with", async () => {
    const printed: string[] = [];
    const both = new Promise<void>((done) => {
      const timers = new NodeTimers((line) => {
        printed.push(line);
        if (printed.length === 2) done();
      });
      timers.set(() => {
        throw new Error("one");
      }, 0);
      timers.set(() => Promise.reject(new Error("two")), 0);
    });
    await both;
    assert.ok(printed[0].includes("threw: Error: one"), printed[0]);
    assert.ok(printed[1].includes("rejected: Error: two"), printed[1]);
  });
});
