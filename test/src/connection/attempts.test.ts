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

  it("begin anew when somebody asks", () => {
    const attempts = new Attempts();
    for (let i = 0; i < 5; i++) attempts.end(1001, i);
    attempts.reset();
    assert.equal(attempts.end(1006, 9), 0);
  });
});
