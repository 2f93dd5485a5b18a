import { TimeSync } from "../../../hosts/esp32/time-sync.js";
import type { SntpOutcome } from "../../../modules/sntp/exchange.js";
import { assert, describe, it } from "../../support/harness.js";
import { ManualTimers } from "../../support/manual-timers.js";

const NOW = Date.UTC(2026, 10, 21);
const DAY = 86_400_000;
const HOUR = 3_600_000;

function setUp(servers = ["a", "b"]) {
  const timers = new ManualTimers();
  const asked: string[] = [];
  const times: number[] = [];
  const lines: string[] = [];
  let open = 0;
  let hear: (outcome: SntpOutcome) => void = () => {};
  const sync = new TimeSync({
    servers,
    request: (server, onOutcome) => {
      asked.push(server);
      open++;
      hear = (outcome) => {
        open--;
        onOutcome(outcome);
      };
      return { close: () => open-- };
    },
    timers,
    clock: { monotonic: () => timers.now },
    fraction: () => 1,
    onTime: (nowMs) => times.push(nowMs),
    print: (line) => lines.push(line),
  });
  return {
    ...{ sync, timers, asked, times, lines },
    answer: (nowMs = NOW) => hear({ type: "time", nowMs }),
    fail: () => hear({ type: "failed", why: "it did not answer" }),
    kiss: (code: string) => hear({ type: "kiss", code }),
    open: () => open,
  };
}

describe("TimeSync", () => {
  it("hands over the time of the first server that answers", () => {
    const { sync, asked, times, answer } = setUp();
    sync.start();
    answer(NOW);
    assert.deepEqual(asked, ["a"]);
    assert.deepEqual(times, [NOW]);
  });

  it("asks the next server when one does not answer", () => {
    const { sync, timers, asked, times, answer, fail } = setUp();
    sync.start();
    fail();
    timers.advance(2000);
    answer(NOW);
    assert.deepEqual(asked, ["a", "b"]);
    assert.deepEqual(times, [NOW]);
  });

  it("waits longer with each round that failed, to 5 minutes", () => {
    const { sync, timers, fail } = setUp(["a"]);
    sync.start();
    const waits: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      fail();
      waits.push(timers.nextMs);
      timers.advance(timers.nextMs ?? 0);
    }
    assert.deepEqual(waits, [2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000]);
  });

  it("asks again a day later", () => {
    const { sync, timers, asked, answer } = setUp(["a"]);
    sync.start();
    answer(NOW);
    timers.advance(86_400_000);
    assert.deepEqual(asked, ["a", "a"]);
  });

  it("closes its request and its timer when the network goes", () => {
    const { sync, timers, open, fail } = setUp();
    sync.start();
    sync.stop();
    assert.equal(open(), 0);
    sync.start();
    fail();
    sync.stop();
    assert.equal(timers.count, 0);
  });

  it("asks at once when the network is back", () => {
    const { sync, asked, fail } = setUp();
    sync.start();
    fail();
    sync.stop();
    sync.start();
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("takes a request that throws for a server that does not answer", () => {
    const timers = new ManualTimers();
    const sync = new TimeSync({
      servers: ["a"],
      request: () => {
        throw new Error("no socket");
      },
      timers,
      clock: { monotonic: () => timers.now },
      fraction: () => 1,
      onTime: () => {},
      print: () => {},
    });
    sync.start();
    assert.equal(timers.nextMs, 2000);
  });

  it("leaves a server alone for a day that denies, and asks the others meanwhile", () => {
    for (const code of ["DENY", "RSTR"]) {
      const { sync, timers, asked, kiss, fail, answer } = setUp();
      sync.start();
      kiss(code);
      for (let i = 0; i < 3; i++) {
        timers.advance(timers.nextMs ?? 0);
        fail();
      }
      timers.advance(timers.nextMs ?? 0);
      answer();
      assert.deepEqual(asked, ["a", "b", "b", "b", "b"], code);
      timers.advance(DAY);
      assert.deepEqual(asked.slice(5), ["a"], code);
    }
  });

  it("asks a server after an hour that says it is asked too often", () => {
    const { sync, timers, asked, kiss } = setUp(["a"]);
    sync.start();
    kiss("RATE");
    timers.advance(HOUR - 1);
    assert.deepEqual(asked, ["a"]);
    timers.advance(1);
    assert.deepEqual(asked, ["a", "a"]);
  });

  it("takes any other kiss for no answer", () => {
    const { sync, timers, asked, kiss } = setUp(["a"]);
    sync.start();
    kiss("INIT");
    timers.advance(2000);
    assert.deepEqual(asked, ["a", "a"]);
  });

  it("asks on another network those that denied on the last one", () => {
    const { sync, asked, kiss } = setUp(["a"]);
    sync.start();
    kiss("DENY");
    sync.stop();
    sync.start();
    assert.deepEqual(asked, ["a", "a"]);
  });
});

describe("item 12: a clock that is contradicted is asked for again soon", () => {
  it("asks the next server at once when the last answer is old, and not a day later", () => {
    const { sync, timers, asked, answer } = setUp();
    sync.start();
    answer(Date.UTC(2036, 1, 7));
    timers.advance(HOUR);
    sync.contradicted();
    timers.advance(0);
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("asks a minute after the last answer when that was just now", () => {
    const { sync, timers, asked, answer } = setUp();
    sync.start();
    answer();
    sync.contradicted();
    timers.advance(59_999);
    assert.deepEqual(asked, ["a"]);
    timers.advance(1);
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("is not made to flood the servers: a day of contradictions every second costs 29 requests", () => {
    const { sync, timers, asked, answer } = setUp();
    sync.start();
    answer();
    for (let second = 0; second < 86_400; second++) {
      const before = asked.length;
      sync.contradicted();
      timers.advance(1000);
      if (asked.length > before) answer();
    }
    assert.equal(asked.length, 29);
  });

  it("asks quickly again once a day went by in peace", () => {
    const { sync, timers, asked, answer } = setUp();
    sync.start();
    answer();
    for (let i = 0; i < 8; i++) {
      sync.contradicted();
      timers.advance(timers.nextMs ?? 0);
      answer();
    }
    timers.advance(DAY);
    answer();
    const count = asked.length;
    sync.contradicted();
    timers.advance(60_000);
    assert.equal(asked.length, count + 1);
  });

  it("keeps one request open and one timer, whenever it is contradicted", () => {
    const { sync, timers, asked, open, answer, fail } = setUp();
    sync.contradicted();
    assert.equal(timers.count, 0);
    sync.start();
    sync.contradicted();
    assert.equal(asked.length, 1);
    fail();
    sync.contradicted();
    assert.equal(timers.count, 1);
    timers.advance(2000);
    answer();
    timers.advance(DAY);
    sync.contradicted();
    timers.advance(0);
    assert.equal(open(), 1);
    sync.stop();
    sync.contradicted();
    assert.equal(timers.count, 0);
  });
});
