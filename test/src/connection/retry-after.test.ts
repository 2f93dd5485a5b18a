import { maxRetryAfterMs, retryAfterMs } from "../../../src/connection/retry-after.js";
import { assert, describe, it } from "../../support/harness.js";

const date = "Sat, 21 Nov 2026 18:48:52 GMT";

describe("retry-after", () => {
  it("is read as seconds", () => {
    assert.equal(retryAfterMs("120", date), 120_000);
    assert.equal(retryAfterMs(" 0 ", undefined), 0);
  });

  it("is read as a moment, by the clock of the server that said it", () => {
    assert.equal(retryAfterMs("Sat, 21 Nov 2026 18:49:22 GMT", date), 30_000);
  });

  it("is bounded, so that no server puts a device off for a week", () => {
    assert.equal(retryAfterMs("604800", date), maxRetryAfterMs);
    assert.equal(retryAfterMs("9".repeat(400), date), maxRetryAfterMs);
    assert.equal(retryAfterMs("Sat, 28 Nov 2026 18:49:22 GMT", date), maxRetryAfterMs);
  });

  it("is passed over when it is missing, nonsense, past, or cannot be compared", () => {
    assert.equal(retryAfterMs(undefined, date), undefined);
    assert.equal(retryAfterMs("soon", date), undefined);
    assert.equal(retryAfterMs("-5", date), undefined);
    assert.equal(retryAfterMs("Sat, 21 Nov 2026 18:48:22 GMT", date), undefined);
    assert.equal(retryAfterMs("Sat, 21 Nov 2026 18:49:22 GMT", undefined), undefined);
  });
});
