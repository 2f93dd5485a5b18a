import { replyReason } from "../../../src/connection/reply-reason.js";
import { assert, describe, it } from "../../support/harness.js";

describe("the reason in a reply of NervesHub", () => {
  it("is under either name, or is the response itself", () => {
    for (const response of [{ reason: "could not connect" }, { error: "could not connect" }, "could not connect"])
      assert.equal(replyReason(response), "could not connect");
  });

  it("is one printable line", () => {
    assert.equal(replyReason({ reason: "two\nlines" }), "two\\u000alines");
  });

  it("is told as missing where there is none", () => {
    for (const response of [undefined, null, 1, [], {}, { reason: 1 }])
      assert.equal(replyReason(response), "no reason given");
  });
});
