import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { type BackoffOptions, backoffDelay, defaultBackoff, type Wait } from "../../../src/connection/backoff.js";
import { assert, describe, it, report } from "../../support/harness.js";

const wait = (changes: Partial<Wait>): Wait => ({ attempt: 0, clean: false, ...changes });

/** Almost 1: fractions never reach it. */
const most = 1 - 2 ** -32;

describe("backoff", () => {
  it("is full jitter: from nothing up to base · 2^attempt, at most the cap", () => {
    for (const [attempt, upTo] of [
      [0, 1000],
      [1, 2000],
      [5, 32000],
      [6, 60000],
      [40, 60000],
      [5000, 60000],
    ]) {
      assert.equal(backoffDelay(defaultBackoff, wait({ attempt }), 0), 0);
      assert.equal(backoffDelay(defaultBackoff, wait({ attempt }), most), upTo);
    }
  });

  it("waits a second at least after a clean close, since a server that drains closes everybody politely", () => {
    assert.equal(backoffDelay(defaultBackoff, wait({ clean: true }), 0), 1000);
  });

  it("waits at least as long as the server asks, and jitters on top of it", () => {
    const asked = wait({ retryAfterMs: 120_000 });
    assert.equal(backoffDelay(defaultBackoff, asked, 0), 120_000);
    assert.equal(backoffDelay(defaultBackoff, asked, most), 121_000);
  });
});

interface Storm {
  /** Seconds after the end of the outage at which the last device was back. */
  allBackS: number;
  /** Attempts in the busiest second after the outage. */
  peak: number;
}

/**
 * The storm: every device loses the server at 0, it refuses everything for `outageS`, then
 * accepts `perSecond` a second; no handshake time; a refused attempt goes to the next delay.
 */
function storm(devices: number, perSecond: number, outageS: number, clean: boolean, options: BackoffOptions): Storm {
  const random = new SeededRandom(4);
  const fraction = (): number => random.below(0x10000) / 0x10000;
  const queue = new Map<number, number[]>();
  const enqueue = (atMs: number, attempt: number): void => {
    const second = Math.floor(atMs / 1000);
    const entries = queue.get(second);
    if (entries === undefined) queue.set(second, [atMs, attempt]);
    else entries.push(atMs, attempt);
  };
  for (let device = 0; device < devices; device++) enqueue(backoffDelay(options, wait({ clean }), fraction()), 1);
  let back = 0;
  let peak = 0;
  for (let second = 0; back < devices; second++) {
    let room = second < outageS ? 0 : perSecond;
    let attempts = 0;
    // A short delay can lead into the same second again: the list grows while it is worked off.
    const entries = queue.get(second) ?? [];
    for (let at = 0; at < entries.length; at += 2) {
      const [atMs, attempt] = [entries[at], entries[at + 1]];
      attempts++;
      if (room > 0) {
        room--;
        back++;
      } else enqueue(atMs + backoffDelay(options, wait({ attempt }), fraction()), attempt + 1);
    }
    queue.delete(second);
    if (second >= outageS) peak = Math.max(peak, attempts);
    if (back === devices) return { allBackS: second + 1 - outageS, peak };
  }
  return { allBackS: 0, peak };
}

describe("backoff: a fleet of 10,000 after an outage of 60 s, at a server that takes 100 a second", () => {
  const floorS = 100;
  for (const [how, clean] of [
    ["a crash", false],
    ["a clean close", true],
  ] as const) {
    it(`is back within 1.5 times the least time after ${how}, with at most 4 times the server's rate`, () => {
      const { allBackS, peak } = storm(10_000, 100, 60, clean, defaultBackoff);
      report(`${how}: all back after ${allBackS} s, busiest second ${peak} attempts`);
      assert.ok(allBackS <= 1.5 * floorS, `${allBackS} s`);
      assert.ok(peak <= 400, `${peak} attempts in a second`);
    });
  }
});
