import { Attempts } from "../../../src/connection/attempts.js";
import { assert, describe, it } from "../../support/harness.js";

describe("attempts", () => {
  it("are counted until a join is accepted, however many sockets opened", () => {
    const attempts = new Attempts();
    assert.deepEqual(
      [1, 2, 3].map((now) => attempts.end(1006, now)),
      [0, 1, 2],
    );
    assert.equal(attempts.accept(4), true);
    assert.equal(attempts.end(1006, 5), 0);
  });

  it("know a second join on the same connection from the first", () => {
    const attempts = new Attempts();
    assert.deepEqual([attempts.accept(1), attempts.accept(2), attempts.accepted], [true, false, true]);
    attempts.end(1006, 3);
    assert.equal(attempts.accepted, false);
    assert.equal(attempts.accept(4), true);
  });

  it("grow with evictions in a row although each had been accepted, until a connection lasts", () => {
    const attempts = new Attempts();
    const evicted = (from: number, to: number): number => {
      attempts.accept(from);
      return attempts.end(1001, to);
    };
    assert.deepEqual([evicted(0, 10), evicted(20, 30), evicted(40, 50)], [1, 2, 3]);
    assert.equal(evicted(100, 300_100), 0);
  });

  it("begin higher after a drain, and not lower than they were", () => {
    const attempts = new Attempts();
    attempts.accept(0);
    assert.equal(attempts.end(1012, 1), 3);
    for (let i = 0; i < 5; i++) attempts.end(1006, i);
    assert.equal(attempts.end(1012, 9), 9);
  });

  it("13.17: begin higher after every close that meets a whole fleet, and a reason makes no eviction of a 1001", () => {
    for (const [code, reasoned] of [
      [1001, true],
      [1012, true],
      [1013, false],
      [1013, true],
      [1014, false],
    ] as const) {
      const attempts = new Attempts();
      for (let i = 0; i < 5; i++) {
        attempts.accept(i * 1000);
        assert.equal(attempts.end(code, i * 1000 + 500, reasoned), 3, `${code}`);
      }
    }
    const bare = new Attempts();
    bare.accept(0);
    assert.equal(bare.end(1001, 1), 1);
    for (const code of [1000, 1002, 1008, 1011, 4000]) {
      const attempts = new Attempts();
      attempts.accept(0);
      assert.equal(attempts.end(code, 1, true), 0, `${code}`);
    }
  });

  it("begin anew when somebody asks", () => {
    const attempts = new Attempts();
    for (let i = 0; i < 5; i++) attempts.end(1001, i);
    attempts.reset();
    assert.equal(attempts.end(1006, 9), 0);
  });
});
