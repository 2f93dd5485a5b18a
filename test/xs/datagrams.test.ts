import { SystemRandom } from "../../hosts/simulator/system.js";
import { XsClock } from "../../hosts/xs/clock.js";
import { openDatagrams } from "../../hosts/xs/datagrams.js";
import { XsTimers } from "../../hosts/xs/timers.js";
import { askRealServer, wanted } from "../support/time-servers.js";
import { assert, describe, environment, it } from "./harness.js";

const platform = { timers: new XsTimers(), clock: new XsClock(), random: new SystemRandom() };

describe("item 12: SNTP over the SDK's UDP sockets, on XS", () => {
  const ports = (environment("NERVESHUB_TIME_SERVERS") ?? "").split(",").map(Number);
  for (const [index, [name, outcome]] of wanted.entries())
    it(name, async () => assert.match(await askRealServer(platform, openDatagrams, ports[index]), outcome));

  it("closes a socket once, from inside its callback or not at all", () => {
    const datagrams = openDatagrams(() => {});
    datagrams.close();
    datagrams.close();
    assert.ok(true);
  });
});

describe("item 12: the clock of XS", () => {
  it("knows no time outside its bounds, on either side", () => {
    const clock = new XsClock({ earliestMs: Date.UTC(2030, 0, 1), latestMs: Date.UTC(2050, 0, 1) });
    for (const [ms, known] of [
      [Date.UTC(2029, 11, 31), false],
      [Date.UTC(2036, 1, 7, 6, 28, 16), true],
      [Date.UTC(2038, 0, 19, 3, 14, 8), true],
      [Date.UTC(2051, 0, 1), false],
    ] as const) {
      clock.set(ms);
      const now = clock.now();
      assert.equal(now !== undefined && now >= ms && now < ms + 60_000, known, new Date(ms).toISOString());
    }
  });
});
