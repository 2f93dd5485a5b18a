import { cut, cutStart } from "../../../modules/text/cut.js";
import { assert, describe, it } from "../../support/harness.js";

describe("texts that the server cannot take: cutting", () => {
  it("counts code points on every engine", () => {
    assert.equal(cut(`${"x".repeat(1023)}😀y`, 1024), `${"x".repeat(1023)}😀`);
    assert.equal(cut("😀😀😀", 2), "😀😀");
    assert.equal(cutStart("😀😀😀", 2), "😀😀");
    assert.equal(cutStart(`y😀${"x".repeat(79)}`, 80), `😀${"x".repeat(79)}`);
  });

  it("leaves what is short enough, and takes everything off for 0", () => {
    for (const text of ["", "a", "😀", "a😀"]) {
      assert.equal(cut(text, 2), text);
      assert.equal(cutStart(text, 2), text);
      assert.equal(cut(text, 0), "");
      assert.equal(cutStart(text, 0), "");
    }
  });

  it("never makes half a surrogate pair, wherever it cuts", () => {
    const text = "a😀é😀😀b";
    for (let length = 0; length <= 7; length++) {
      assert.ok(cut(text, length).isWellFormed() && cutStart(text, length).isWellFormed(), String(length));
      assert.equal([...cut(text, length)].length, Math.min(length, 6));
      assert.equal([...cutStart(text, length)].length, Math.min(length, 6));
    }
  });
});
