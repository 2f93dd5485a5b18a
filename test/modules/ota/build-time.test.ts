import { buildTime, maxClockAheadOfBuildMs, timeBounds } from "../../../modules/ota/build-time.js";
import { earliestPlausibleMs, latestPlausibleMs } from "../../../modules/platform/clock.js";
import { assert, describe, it } from "../../support/harness.js";
import { limit } from "../../support/limit.js";

const dayMs = 86_400_000;

describe("build time", () => {
  it("is a day before what the compiler wrote, in whatever zone it stood", () => {
    assert.equal(buildTime({ date: "Nov  5 2031", time: "14:03:59" }), Date.UTC(2031, 10, 5, 14, 3, 59) - dayMs);
  });

  it("item 12: is right in and after 2036", () => {
    for (const year of [2036, 2038, 2040, 2085])
      assert.equal(buildTime({ date: `Feb  7 ${year}`, time: "06:28:16" }), Date.UTC(year, 1, 7, 6, 28, 16) - dayMs);
  });

  it("item 12: has bounds on both sides: a build machine's clock may be wrong as well", () => {
    for (const date of ["Jan  1 1970", "Dec 31 2025", "Jan  1 2099", "Jan  1 9999", "", "Foo  1 2030"])
      assert.equal(buildTime({ date, time: "00:00:00" }), earliestPlausibleMs, date);
    assert.equal(buildTime(undefined), earliestPlausibleMs);
  });

  limit(
    "latestPlausibleMs",
    "a build 20 years before the last second that can be set counts, one later does not",
    () => {
      const last = new Date(latestPlausibleMs - maxClockAheadOfBuildMs);
      const description = (at: Date): { date: string; time: string } => {
        const [, day, month, year, time] = at.toUTCString().split(" ");
        return { date: `${month} ${day.padStart(2, " ")} ${year}`, time };
      };
      assert.equal(buildTime(description(last)), last.getTime() - dayMs);
      assert.equal(buildTime(description(new Date(last.getTime() + 1000))), earliestPlausibleMs);
    },
  );

  it("leaves room for the bounds above it, up to what the SDK can set", () => {
    const { earliestMs, latestMs } = timeBounds(buildTime({ date: "Dec 31 2085", time: "23:59:59" }));
    assert.equal(latestMs - earliestMs, maxClockAheadOfBuildMs);
    assert.ok(latestMs <= latestPlausibleMs);
  });
});
