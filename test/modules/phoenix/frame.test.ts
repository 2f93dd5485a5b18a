import { Fault } from "../../../modules/fault/fault.js";
import { decodeFrame, encodeFrame } from "../../../modules/phoenix/frame.js";
import { assert, describe, it } from "../../support/harness.js";

function code(text: string): string {
  try {
    decodeFrame(text, []);
    return "";
  } catch (error) {
    return error instanceof Fault ? error.code : "not a fault";
  }
}

describe("phoenix frame", () => {
  it("spells a heartbeat as the server's record does", () => {
    const frame = { joinRef: null, ref: "2", topic: "phoenix", event: "heartbeat", payload: {} };
    assert.equal(encodeFrame(frame), '[null,"2","phoenix","heartbeat",{}]');
  });

  it("refuses what is not JSON or not five elements of the right types", () => {
    assert.equal(code("not json"), "bad-json");
    for (const text of ["{}", "[]", '["1","1","device","x"]', '[1,"1","d","e",{}]', '["1",null,7,"e",{}]', "null"]) {
      assert.equal(code(text), "bad-frame", text);
    }
  });

  it("refuses JSON of 10,000 levels before parsing it", () => {
    const text = `[null,null,"device","x",${"[".repeat(10000)}${"]".repeat(10000)}]`;
    assert.equal(code(text), "json-too-deep");
  });

  it("does not count brackets inside strings", () => {
    const text = JSON.stringify([null, null, "device", "x", { a: '\\"[[['.repeat(40) }]);
    assert.equal(code(text), "");
  });

  it("keeps only known names, at every depth", () => {
    const frame = decodeFrame('[null,null,"device","x",{"known":[{"known":1,"other":2}],"foreign":{"known":3}}]', [
      "known",
    ]);
    assert.deepEqual(frame.payload, { known: [{ known: 1 }] });
  });
});
