import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { maxClockAheadOfBuildMs } from "../../../modules/ota/build-time.js";
import type { Clock } from "../../../modules/platform/clock.js";
import type { Store } from "../../../modules/platform/store.js";
import { WallClock } from "../../../src/connection/wall-clock.js";
import { Log } from "../../../src/log/log.js";
import { Redactor } from "../../../src/log/redact.js";
import { assert, describe, it } from "../../support/harness.js";
import { recordedAnswers } from "../../support/recorded-answers.js";

const builtMs = Date.UTC(2026, 10, 1);
const trueMs = Date.UTC(2026, 10, 21, 18, 48, 52);
const dateOf = (ms: number): string => new Date(ms).toUTCString();

class TestClock implements Clock {
  elapsedMs = 1000;
  /** What the host's clock was set to, at elapsed 0. */
  startMs: number | undefined;
  contradictions = 0;
  earliestMs: number | undefined;
  onContradicted = (): void => {
    this.contradictions++;
  };

  constructor(nowMs: number | undefined) {
    this.startMs = nowMs === undefined ? undefined : nowMs - this.elapsedMs;
  }

  now(): number | undefined {
    return this.startMs === undefined ? undefined : this.startMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  set(nowMs: number): void {
    this.startMs = nowMs - this.elapsedMs;
  }
}

class MapStore implements Store {
  readonly #values = new Map<string, Uint8Array>();
  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }
  set(key: string, value: Uint8Array): void {
    this.#values.set(key, value);
  }
  delete(key: string): void {
    this.#values.delete(key);
  }
}

function scene(nowMs: number | undefined, store: Store = new MapStore()) {
  const lines: string[] = [];
  const clock = new TestClock(nowMs);
  const log = new Log((line) => lines.push(line), new Redactor([]), "debug", "test");
  return { clock, lines, store, wall: new WallClock(clock, store, log, builtMs) };
}

/** Whether the server of `atMs` takes what is signed now: not from the future, less than 90 s old. */
const taken = (signedAt: number, atMs: number): boolean => signedAt * 1000 <= atMs && signedAt * 1000 > atMs - 90_000;

describe("wall clock", () => {
  it("judges every signature of the recorded clock experiments as the real server did", () => {
    const answers = recordedAnswers("auth-clock").filter(({ signedAt }) => signedAt !== undefined);
    assert.equal(answers.length, 14);
    for (const { note, refusal, signedAt } of answers) {
      const { wall } = scene(signedAt! * 1000 + 2000);
      const signed = wall.learn(refusal.headers.get("date"), signedAt);
      assert.equal(signed?.refused, refusal.status === 401, note);
    }
  });

  it("signs so that the server takes it, one refusal later, whatever the clock said", () => {
    const random = new SeededRandom(7);
    const wrong = [-3.2e8, -3600, -120, -91, -3, -2, -1, 0, 1, 2, 3, 30, 60, 3600, 86400 * 400];
    for (const seconds of wrong) {
      for (let i = 0; i < 50; i++) {
        const offsetMs = seconds * 1000 + random.below(1000);
        const { clock, wall } = scene(trueMs + offsetMs);
        const first = wall.signingTime();
        const serverMs = trueMs + random.below(1000);
        if (taken(first, serverMs)) continue;
        // The refusal takes up to 8 s to come back: the connection is slow, the Date is from when it was made.
        clock.elapsedMs += random.below(8000);
        const later = trueMs + clock.elapsedMs - 1000;
        assert.equal(wall.learn(dateOf(serverMs), first)?.refused, true, `${offsetMs} ms`);
        assert.ok(taken(wall.signingTime(), later), `${offsetMs} ms off`);
      }
    }
  });

  it("goes on with the server's time as time passes", () => {
    const { clock, wall } = scene(trueMs - 3_600_000);
    wall.learn(dateOf(trueMs), wall.signingTime());
    clock.elapsedMs += 86_400_000;
    assert.ok(taken(wall.signingTime(), trueMs + 86_400_000));
    assert.equal(wall.source, "a Date header");
  });

  it("forgets a correction once the clock was set by somebody who knows", () => {
    const { clock, wall } = scene(trueMs - 3_600_000);
    wall.learn(dateOf(trueMs), wall.signingTime());
    clock.set(trueMs);
    assert.ok(taken(wall.signingTime(), trueMs));
    assert.equal(wall.source, "the device's clock");
  });

  it("says nothing about the clock when it is not what was refused", () => {
    const { lines, wall } = scene(trueMs);
    assert.deepEqual(wall.learn(dateOf(trueMs), wall.signingTime()), { ageS: 2, refused: false });
    assert.deepEqual(lines, []);
  });

  it("says which way and how far the clock is wrong", () => {
    const behind = scene(trueMs - 3_600_000);
    behind.wall.learn(dateOf(trueMs), behind.wall.signingTime());
    assert.match(behind.lines.join(), /3600 s behind the server's/);
    const ahead = scene(trueMs + 3_600_000);
    ahead.wall.learn(dateOf(trueMs), ahead.wall.signingTime());
    assert.match(ahead.lines.join(), /3600 s ahead of the server's/);
  });

  it("sets a clock that knows no time from a refusal, and leaves one alone that does", () => {
    for (const nowMs of [undefined, 12_000]) {
      const { clock, wall } = scene(nowMs);
      const signedAt = wall.signingTime();
      assert.equal(wall.source, "the build time");
      assert.equal(wall.learn(dateOf(trueMs), signedAt)?.refused, true);
      assert.equal(clock.now(), trueMs);
      assert.ok(taken(wall.signingTime(), trueMs));
    }
    const { clock, wall } = scene(trueMs - 3_600_000);
    wall.learn(dateOf(trueMs), wall.signingTime());
    assert.equal(clock.now(), trueMs - 3_600_000);
  });

  it("believes no date from before this firmware was built, none from far beyond, and no nonsense", () => {
    for (const header of [
      dateOf(builtMs - 1000),
      dateOf(builtMs + maxClockAheadOfBuildMs + 1000),
      "soon",
      "",
      undefined,
    ]) {
      const { clock, wall } = scene(undefined);
      assert.equal(wall.learn(header, wall.signingTime()), undefined);
      assert.equal(clock.now(), undefined);
    }
  });

  it("starts after a restart from the last time that a server accepted", () => {
    const first = scene(trueMs);
    first.wall.remember();
    const { clock, lines, wall } = scene(undefined, first.store);
    wall.signingTime();
    assert.equal(wall.source, "the store");
    wall.seed();
    assert.equal(clock.earliestMs, trueMs);
    assert.match(lines.join(), /starts from the last known time \(2026-11-21\)/);
    wall.signingTime();
    assert.equal(wall.source, "the store");
  });

  it("does not start a clock that knows the time, and passes over a stored time that cannot be", () => {
    const known = scene(trueMs);
    known.wall.remember();
    known.clock.set(trueMs + 1000);
    known.wall.seed();
    assert.equal(known.clock.now(), trueMs + 1000);
    assert.equal(known.clock.earliestMs, undefined);
    const { clock, store, wall } = scene(undefined);
    for (const bad of [new Uint8Array(8), new Uint8Array(3), new Uint8Array(8).fill(0xff)]) {
      store.set("last-time", bad);
      wall.seed();
      assert.equal(clock.now(), undefined);
      assert.equal(clock.earliestMs, builtMs);
      assert.equal(wall.signingTime(), Math.floor((builtMs - 2000) / 1000));
    }
  });

  it("does not take a host's clock that is far beyond this firmware's build for the time", () => {
    const { clock, wall } = scene(builtMs + maxClockAheadOfBuildMs + 1000);
    assert.equal(wall.known, false);
    wall.learn(dateOf(trueMs), wall.signingTime());
    assert.equal(clock.now(), trueMs);
  });

  it("13.11: without a stored time starts from the build of this firmware, says so, and is set by the first server", () => {
    const { clock, lines, wall } = scene(undefined);
    wall.seed();
    assert.equal(clock.earliestMs, builtMs);
    assert.equal(wall.known, false);
    assert.match(
      lines.join(),
      /starts from the time of this firmware's build \(2026-11-01\): certificates that have expired/,
    );
    // The server takes a client certificate, so that nothing is signed.
    wall.learn(dateOf(trueMs), undefined);
    assert.equal(clock.now(), trueMs);
  });

  it("stays right through 2036 and 2038", () => {
    for (const ms of [Date.UTC(2036, 1, 7, 6, 28, 16), Date.UTC(2038, 0, 19, 3, 14, 8), Date.UTC(2040, 1, 29)]) {
      for (const besideMs of [-1000, 0, 1000]) {
        const now = ms + besideMs;
        const first = scene(now);
        assert.equal(first.wall.signingTime(), now / 1000 - 2);
        assert.deepEqual(first.wall.learn(dateOf(now), first.wall.signingTime()), { ageS: 2, refused: false });
        first.wall.remember();
        const { clock, wall } = scene(undefined, first.store);
        wall.seed();
        assert.equal(clock.earliestMs, now);
        const behind = scene(now - 3_600_000);
        behind.wall.learn(dateOf(now), behind.wall.signingTime());
        assert.ok(taken(behind.wall.signingTime(), now));
      }
    }
  });

  it("item 12: tells the host that a Date header contradicts its clock, whoever signs, and only then", () => {
    const contradictions = (offsetMs: number, signs: boolean): number => {
      const { clock, wall } = scene(trueMs + offsetMs);
      wall.learn(dateOf(trueMs), signs ? wall.signingTime() : undefined);
      return clock.contradictions;
    };
    for (const signs of [true, false]) {
      assert.ok(contradictions(3_600_000, signs) > 0);
      assert.ok(contradictions(-3_600_000, signs) > 0);
      assert.ok(contradictions(10 * 365 * 86_400_000, signs) > 0);
      assert.equal(contradictions(0, signs), 0);
      assert.equal(contradictions(-30_000, signs), 0);
    }
    // A signature from the future is refused, however little it is.
    assert.ok(contradictions(4000, true) > 0);
    const { clock, wall } = scene(trueMs);
    wall.learn(dateOf(builtMs + maxClockAheadOfBuildMs + 1000), wall.signingTime());
    assert.equal(clock.contradictions, 0);
  });
});
