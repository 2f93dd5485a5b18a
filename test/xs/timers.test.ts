import { XsTimers } from "../../hosts/xs/timers.js";
import { assert, describe, heapInUse, it, pause } from "./harness.js";

describe("timers of XS", () => {
  it("a callback that throws, and an async one that rejects, end nothing", async () => {
    const timers = new XsTimers();
    let calls = 0;
    timers.set(() => {
      calls++;
      throw new Error("one");
    }, 0);
    timers.set(() => {
      calls++;
      return Promise.reject(new Error("two"));
    }, 0);
    await pause(5);
    // XS looks at rejections when it collects.
    heapInUse();
    await pause(5);
    assert.equal(calls, 2);
  });
});
