import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { Heartbeat } from "../../../modules/phoenix/heartbeat.js";
import { assert, describe, it } from "../../support/harness.js";

const fixed = { intervalMs: 30000, maxIntervalMs: 30000 };

describe("phoenix heartbeat", () => {
  it("is due one interval after the connection opened", () => {
    const heartbeat = new Heartbeat(fixed, 1000);
    assert.deepEqual(heartbeat.next(1000), { type: "wait", delayMs: 30000 });
    assert.deepEqual(heartbeat.next(31000), { type: "send" });
  });

  it("ends the connection when one beat stays unanswered for an interval", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.received(45000);
    assert.deepEqual(heartbeat.next(59999), { type: "wait", delayMs: 1 });
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("measures the round trip and goes on after an answer", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.received(30042);
    heartbeat.reply("5", 30042);
    assert.equal(heartbeat.roundTripMs, 42);
    assert.deepEqual(heartbeat.next(30042), { type: "wait", delayMs: 29958 });
  });

  it("takes a reply to another ref for nothing", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.reply("4", 30010);
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("leaves a beat out while frames go both ways", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.sent(20000);
    heartbeat.received(20000);
    assert.deepEqual(heartbeat.next(30000), { type: "wait", delayMs: 20000 });
  });

  it("finds a half-open socket within two intervals however much is sent into it", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    for (let now = 0; now < 30000; now += 1000) heartbeat.sent(now);
    assert.deepEqual(heartbeat.next(30000), { type: "send" });
    heartbeat.beat("9", 30000);
    for (let now = 30000; now < 60000; now += 1000) heartbeat.sent(now);
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("grows to the longest interval when told to save bytes, and no further", () => {
    const heartbeat = new Heartbeat({ intervalMs: 30000, maxIntervalMs: 120000 }, 0);
    for (let beat = 0; beat < 20; beat++) {
      heartbeat.beat(String(beat), beat);
      heartbeat.reply(String(beat), beat);
    }
    assert.equal(heartbeat.intervalMs, 120000);
  });
});

const dayMs = 86_400_000;
const growing = { intervalMs: 30_000, maxIntervalMs: 120_000 };

interface Path {
  /** A quiet of this length ends the connection. */
  forgetsMs: number;
  /** Whether the device hears of that at once: then it meets a closed connection, else silence. */
  tells: boolean;
  /** Mean time between breaks that have nothing to do with the quiet, ended as `tells` says. */
  breaksMs?: number;
}

/** A device on a path, with no traffic but heartbeats, which are answered after 50 ms; it is there again after 3 s. */
class Life {
  readonly heartbeat: Heartbeat;
  path: Path;
  nowMs = 0;
  losses = 0;
  beats = 0;
  readonly #random = new SeededRandom(7);
  #breakMs = 0;

  constructor(path: Path, options = growing) {
    this.path = path;
    this.heartbeat = new Heartbeat(options, 0);
    this.#plan();
  }

  /** @returns connections that were lost meanwhile */
  live(ms: number): number {
    const before = this.losses;
    for (const until = this.nowMs + ms; this.nowMs < until; ) this.#connection(until);
    return this.losses - before;
  }

  #plan(): void {
    const { breaksMs = Number.POSITIVE_INFINITY } = this.path;
    // Exponential: breaks know nothing of each other.
    this.#breakMs = this.nowMs - Math.log((this.#random.below(1_000_000) + 1) / 1_000_001) * breaksMs;
  }

  #connection(untilMs: number): void {
    const { heartbeat, path } = this;
    heartbeat.opened(this.nowMs);
    for (let ref = 0; this.nowMs < untilMs; ref++) {
      const next = heartbeat.next(this.nowMs);
      const dueMs = this.nowMs + (next.type === "wait" ? next.delayMs : 0);
      const endMs = Math.min(this.nowMs + path.forgetsMs, this.#breakMs);
      if (endMs < dueMs && path.tells) {
        this.#lost(endMs);
        return;
      }
      this.nowMs = dueMs;
      this.beats++;
      heartbeat.beat(String(ref), dueMs);
      if (endMs < dueMs) {
        const dead = heartbeat.next(dueMs);
        this.#lost(dueMs + (dead.type === "wait" ? dead.delayMs : 0));
        return;
      }
      this.nowMs += 50;
      heartbeat.received(this.nowMs);
      heartbeat.reply(String(ref), this.nowMs);
    }
  }

  #lost(atMs: number): void {
    this.losses++;
    this.heartbeat.lost(atMs);
    if (atMs >= this.#breakMs) {
      this.nowMs = atMs;
      this.#plan();
    }
    this.nowMs = atMs + 3000;
  }
}

describe("phoenix heartbeat: item 7, the interval that a path bears", () => {
  for (const tells of [true, false]) {
    const how = tells ? "and closes" : "and says nothing";
    for (const [forgetsS, leastS] of [
      [20, 12],
      [30, 19],
      [60, 38],
      [90, 57],
      [118, 75],
      [300, 120],
    ] as const) {
      it(`13.7: a path that forgets after ${forgetsS} s ${how} is learnt, and costs a few connections a day at most`, () => {
        const life = new Life({ forgetsMs: forgetsS * 1000, tells });
        const most = forgetsS < 120 ? 4 : 0;
        assert.ok(life.live(dayMs) <= 3 * most, `${life.losses} on the first day`);
        for (let day = 2; day <= 5; day++) assert.ok(life.live(dayMs) <= most, `${life.losses} until day ${day}`);
        const intervalS = life.heartbeat.intervalMs / 1000;
        assert.ok(intervalS >= leastS && intervalS < Math.max(forgetsS, 121), `${intervalS} s`);
      });

      it(`13.7: moving from a good path to one that forgets after ${forgetsS} s ${how} costs twelve connections at most`, () => {
        const life = new Life({ forgetsMs: dayMs, tells });
        assert.equal(life.live(dayMs / 2), 0);
        assert.equal(life.heartbeat.intervalMs, 120_000);
        life.path = { forgetsMs: forgetsS * 1000, tells };
        assert.ok(life.live(dayMs / 2) <= 12, `${life.losses} losses`);
        assert.ok(life.heartbeat.intervalMs < Math.max(forgetsS, 121) * 1000);
      });
    }

    for (const [what, breaksMs, leastS] of [
      ["every six hours", dayMs / 4, 110],
      ["every hour", dayMs / 24, 110],
      ["every ten minutes", dayMs / 144, 50],
    ] as const) {
      it(`13.7: a network that breaks ${what} by itself ${how} does not keep the interval short`, () => {
        const life = new Life({ forgetsMs: dayMs, tells, breaksMs });
        life.live(30 * dayMs);
        const meanS = (30 * dayMs) / life.beats / 1000;
        assert.ok(meanS > leastS, `a beat every ${meanS} s`);
      });
    }
  }

  it("13.7: is tried upwards again a day later, so that a better path is found", () => {
    const life = new Life({ forgetsMs: 40_000, tells: true });
    life.live(dayMs / 2);
    assert.ok(life.heartbeat.intervalMs < 40_000);
    life.path = { forgetsMs: dayMs, tells: true };
    life.live(dayMs);
    assert.equal(life.heartbeat.intervalMs, 120_000);
  });

  it("13.7: also without an interval that grows, and back to what was asked for and no further", () => {
    const life = new Life({ forgetsMs: 29_000, tells: true }, fixed);
    life.live(dayMs / 2);
    assert.equal(life.heartbeat.intervalMs, 24_000);
    life.path = { forgetsMs: dayMs, tells: true };
    life.live(dayMs);
    assert.equal(life.heartbeat.intervalMs, 30_000);
  });

  it("13.7: is not shortened by connections that are lost while frames go both ways", () => {
    const heartbeat = new Heartbeat(growing, 0);
    for (let connection = 0; connection < 50; connection++) {
      const start = connection * 100_000;
      heartbeat.opened(start);
      for (let ms = 0; ms < 60_000; ms += 5000) {
        heartbeat.sent(start + ms);
        heartbeat.received(start + ms + 100);
      }
      assert.equal(heartbeat.lost(start + 60_000), false);
    }
    assert.equal(heartbeat.intervalMs, 30_000);
  });

  it("13.7: grows again after a day where the device's own traffic leaves no quiet to prove it", () => {
    const heartbeat = new Heartbeat(growing, 0);
    heartbeat.lost(25_000);
    heartbeat.opened(30_000);
    for (let ms = 50_000; ms < 2 * dayMs; ms += 20_000) {
      heartbeat.sent(ms);
      if (heartbeat.next(ms).type !== "send") continue;
      heartbeat.beat("1", ms);
      heartbeat.received(ms + 50);
      heartbeat.reply("1", ms + 50);
      if (ms < dayMs) assert.equal(heartbeat.intervalMs, 30_000);
    }
    assert.equal(heartbeat.intervalMs, 120_000);
  });

  it("13.7: is found by what the device sends too, where its own traffic hid the quiet", () => {
    const heartbeat = new Heartbeat({ intervalMs: 120_000, maxIntervalMs: 120_000 }, 0);
    for (let start = 0; start < 10_000_000 && heartbeat.intervalMs > 60_000; start += 1_000_000) {
      heartbeat.opened(start);
      // For three minutes something is sent every 20 s, and a beat is answered; then 60 s of quiet end the connection.
      for (let ms = 20_000; ms <= 180_000; ms += 20_000) heartbeat.sent(start + ms);
      heartbeat.beat("1", start + 180_000);
      heartbeat.received(start + 180_100);
      heartbeat.reply("1", start + 180_100);
      heartbeat.lost(start + 240_100);
    }
    assert.ok(heartbeat.intervalMs < 60_000, String(heartbeat.intervalMs));
  });
});
