import { TimeSync } from "../../../hosts/shared/time-sync.js";
import { assert, describe, it } from "../../harness.js";
import { ManualTimers } from "./manual-timers.js";

const NOW = Date.UTC(2026, 10, 21);

function setUp(servers = ["a", "b"]) {
  const timers = new ManualTimers();
  const asked: string[] = [];
  const times: number[] = [];
  let open = 0;
  let answer: (nowMs: number | undefined) => void = () => {};
  const sync = new TimeSync({
    servers,
    query: (server, onAnswer) => {
      asked.push(server);
      open++;
      answer = (nowMs) => {
        open--;
        onAnswer(nowMs);
      };
      return { close: () => open-- };
    },
    timers,
    fraction: () => 1,
    onTime: (nowMs) => times.push(nowMs),
    print: () => {},
  });
  return { sync, timers, asked, times, answer: (nowMs?: number) => answer(nowMs), open: () => open };
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
    const { sync, timers, asked, times, answer } = setUp();
    sync.start();
    answer(undefined);
    timers.advance(2000);
    answer(NOW);
    assert.deepEqual(asked, ["a", "b"]);
    assert.deepEqual(times, [NOW]);
  });

  it("waits longer with each round that failed, to 5 minutes", () => {
    const { sync, timers, answer } = setUp(["a"]);
    sync.start();
    const waits: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      answer(undefined);
      waits.push(timers.nextMs);
      timers.advance(timers.nextMs ?? 0);
    }
    assert.deepEqual(waits, [2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000]);
  });

  it("does not believe a date before this firmware was written", () => {
    const { sync, timers, times, answer } = setUp();
    sync.start();
    answer(Date.UTC(2025, 11, 31));
    assert.deepEqual(times, []);
    assert.equal(timers.nextMs, 2000);
  });

  it("asks again a day later", () => {
    const { sync, timers, asked, answer } = setUp(["a"]);
    sync.start();
    answer(NOW);
    timers.advance(86_400_000);
    assert.deepEqual(asked, ["a", "a"]);
  });

  it("closes its question and its timer when the network goes", () => {
    const { sync, timers, open, answer } = setUp();
    sync.start();
    sync.stop();
    assert.equal(open(), 0);
    sync.start();
    answer(undefined);
    sync.stop();
    assert.equal(timers.count, 0);
  });

  it("asks at once when the network is back", () => {
    const { sync, asked, answer } = setUp();
    sync.start();
    answer(undefined);
    sync.stop();
    sync.start();
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("takes a query that throws for a server that does not answer", () => {
    const timers = new ManualTimers();
    const sync = new TimeSync({
      servers: ["a"],
      query: () => {
        throw new Error("no socket");
      },
      timers,
      fraction: () => 1,
      onTime: () => {},
      print: () => {},
    });
    sync.start();
    assert.equal(timers.nextMs, 2000);
  });
});
