import { fromBase64, toBase64, toBase64Url } from "../../../modules/text/base64.js";
import { fromHex, toHex } from "../../../modules/text/hex.js";
import { decodeLossy } from "../../../modules/text/lossy.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, it } from "../../support/harness.js";

describe("text: base64 (RFC 4648 §10)", () => {
  const vectors: [string, string][] = [
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ];

  it("encodes the RFC's vectors", () => {
    for (const [plain, encoded] of vectors) assert.equal(toBase64(encodeUtf8(plain)), encoded);
  });

  it("decodes the RFC's vectors, padded or not", () => {
    for (const [plain, encoded] of vectors) {
      assert.equal(decodeUtf8(fromBase64(encoded)!), plain);
      assert.equal(decodeUtf8(fromBase64(encoded.replace(/=/g, ""))!), plain);
    }
  });

  it("uses the URL-safe alphabet without padding for tokens", () => {
    assert.equal(toBase64Url(new Uint8Array([0xfb, 0xff, 0xfe, 0xff])), "-__-_w");
  });

  it("refuses what is not base64", () => {
    for (const text of ["A", "Zg=g", "Zh==", "Z*==", "é"]) assert.equal(fromBase64(text), undefined, text);
  });
});

describe("text: hex", () => {
  it("reads either case and writes lower case", () => {
    assert.equal(toHex(fromHex("00fFA5")!), "00ffa5");
  });

  it("refuses odd lengths and other characters", () => {
    assert.equal(fromHex("abc"), undefined);
    assert.equal(fromHex("zz"), undefined);
  });
});

describe("text: UTF-8", () => {
  it("carries characters of every length", () => {
    const text = "aé€😀\0";
    assert.equal(toHex(encodeUtf8(text)), "61c3a9e282acf09f988000");
    assert.equal(decodeUtf8(encodeUtf8(text)), text);
  });

  it("carries the characters at every border of a length", () => {
    for (const text of ["\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"]) {
      assert.equal(decodeUtf8(encodeUtf8(text)), text);
    }
  });

  it("refuses invalid sequences", () => {
    // At least one of every row that RFC 3629 §4 leaves out; the last ones are cut off or have a stray byte.
    for (const hex of [
      ...["80", "c080", "c0af", "c1bf", "e080af", "e09fbf", "eda080", "edbfbf", "f08080af", "f08fbfbf", "f4908080"],
      ...["f5808080", "f888808080", "fc8480808080", "fe", "ff", "61c0af", "e282ac80", "c328", "c3", "e282", "f09f98"],
    ]) {
      assert.throws(
        () => decodeUtf8(fromHex(hex)!),
        (error) => error instanceof TypeError,
      );
    }
  });
});

describe("text: lossy UTF-8", () => {
  it("13.20: is the text itself where the bytes are UTF-8, a byte order mark included", () => {
    for (const text of ["", "a\0b", "aé€😀", "\ufeffx"]) assert.equal(decodeLossy(encodeUtf8(text)), text);
  });

  it("13.20: has U+FFFD for each part that is no character, and keeps the characters around it", () => {
    for (const [hex, text] of [
      ["c3", "\ufffd"],
      ["61e28261", "a\ufffda"],
      ["f09f98", "\ufffd"],
      ["f09f9861", "\ufffda"],
      ["80c3a9bf", "\ufffdé\ufffd"],
      ["c0af", "\ufffd\ufffd"],
      ["eda080", "\ufffd\ufffd\ufffd"],
      ["f4908080", "\ufffd\ufffd\ufffd\ufffd"],
      ["e0809f", "\ufffd\ufffd\ufffd"],
      ["ffe282acfe", "\ufffd€\ufffd"],
    ] as const)
      assert.equal(decodeLossy(fromHex(hex)!), text, hex);
  });
});
