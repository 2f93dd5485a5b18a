import { stringifyJson } from "../../../modules/json/stringify.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, it } from "../../support/harness.js";

const high = "\ud83d";
const low = "\ude00";

/** What a server's parser makes of it. */
function arrived(value: object): unknown {
  return JSON.parse(stringifyJson(value));
}

describe("texts that the server cannot take: JSON", () => {
  it("leaves JSON as it is where nothing is wrong", () => {
    const value = {
      a: 'é😀"\\\n\t\x01',
      b: [1, null, true, -0.5],
      c: "\\u0000 and \\ud83d as words",
      "\\": "\\\\ud83d",
    };
    assert.equal(stringifyJson(value), JSON.stringify(value));
  });

  it("puts U+FFFD in place of every half surrogate pair and of U+0000", () => {
    for (const [given, expected] of [
      [high, "\ufffd"],
      [low, "\ufffd"],
      [`a${high}b`, "a\ufffdb"],
      [low + high, "\ufffd\ufffd"],
      [high + high, "\ufffd\ufffd"],
      ["\ud800\udbff\udc00\udfff", "\ufffd\u{10fc00}\ufffd"],
      ["battery SN42\0", "battery SN42\ufffd"],
      [`\0${high}\0`, "\ufffd\ufffd\ufffd"],
      [`\\${high}\\\\${low}\\`, "\\\ufffd\\\\\ufffd\\"],
      ["\\u0000\0\\ud83d", "\\u0000\ufffd\\ud83d"],
      [`é😀${high}`, "é😀\ufffd"],
    ]) {
      assert.deepEqual(arrived([given]), [expected], JSON.stringify(given));
    }
  });

  it("makes the one character of two halves that were joined", () => {
    assert.deepEqual(arrived([high + low, `x${high}`.concat(low)]), ["😀", "x😀"]);
    assert.deepEqual(arrived([high + low + high]), ["😀\ufffd"]);
  });

  it("does so in names, in nested values and in what toJSON gives", () => {
    const value = { [`n${high}`]: { "m\0": [{ toJSON: () => ({ deep: low }) }] }, date: { toJSON: () => "\0" } };
    assert.deepEqual(arrived(value), { "n\ufffd": { "m\ufffd": [{ deep: "\ufffd" }] }, date: "\ufffd" });
  });

  it("does so in JSON that an application has written itself, in upper case too", () => {
    const { rawJSON } = JSON as unknown as { rawJSON?: (text: string) => object };
    if (rawJSON === undefined) return;
    assert.deepEqual(arrived([rawJSON('"\\uD83D \\u0000 \\uD83D\\uDE00"')]), ["\ufffd \ufffd 😀"]);
  });

  it("takes a text of nothing else, as long as a message may be", () => {
    assert.equal(encodeUtf8(stringifyJson([high.repeat(4000)])).byteLength, 6 * 4000 + 4);
  });
});
