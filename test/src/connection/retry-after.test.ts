import { maxRetryAfterMs, retryAfterMs } from "../../../src/connection/retry-after.js";
import { assert, describe, it } from "../../support/harness.js";

const date = "Sat, 21 Nov 2026 18:48:52 GMT";
const later = "Sat, 21 Nov 2026 18:49:22 GMT";
const nowMs = Date.parse("2026-11-21T18:49:00Z");

const wait = (retryAfter: string | undefined, said: string | undefined, now?: number): number | undefined => {
  const headers = new Map<string, string>();
  if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
  if (said !== undefined) headers.set("date", said);
  return retryAfterMs(headers, now, maxRetryAfterMs);
};

describe("retry-after", () => {
  it("is read as seconds", () => {
    assert.equal(wait("120", date), 120_000);
    assert.equal(wait(" 0 ", undefined), 0);
  });

  it("13.8 is read with a fraction, and when it comes twice, for the longer wait", () => {
    assert.equal(wait("1.5", date), 1500);
    assert.equal(wait("120.", date), 120_000);
    assert.equal(wait("120, 120", date), 120_000);
    assert.equal(wait("5, 300", date), 300_000);
    assert.equal(wait("60, soon", date), 60_000);
    assert.equal(wait(`${later}, ${later}`, date), 30_000);
  });

  it("is read as a moment, by the clock of the server that said it", () => {
    assert.equal(wait(later, date), 30_000);
    assert.equal(wait(later, date, nowMs), 30_000);
  });

  it("13.8 a date without a Date beside it is judged by the device's clock", () => {
    assert.equal(wait(later, undefined, nowMs), 22_000);
    assert.equal(wait(later, "nonsense", nowMs), 22_000);
    assert.equal(wait(later, undefined), undefined);
  });

  it("is bounded, so that no server puts a device off for a week", () => {
    assert.equal(wait("604800", date), maxRetryAfterMs);
    assert.equal(wait("9".repeat(400), date), maxRetryAfterMs);
    assert.equal(wait("Sat, 28 Nov 2026 18:49:22 GMT", date), maxRetryAfterMs);
  });

  it("is passed over when it is missing, nonsense or past", () => {
    for (const text of [undefined, "soon", "-5", ".5", "1.5.5", "", "Sat, 21 Nov 2026 18:48:22 GMT"])
      assert.equal(wait(text, date, nowMs), undefined, text);
  });
});
