import { crc32 } from "../../../modules/ota/crc32.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, it } from "../../support/harness.js";

describe("ota: CRC-32", () => {
  it("gives the check value of the CRC catalogue", () => {
    assert.equal(crc32(encodeUtf8("123456789")), 0xcbf43926);
    assert.equal(crc32(new Uint8Array(0)), 0);
  });

  it("goes on from a previous value", () => {
    assert.equal(crc32(encodeUtf8("6789"), crc32(encodeUtf8("12345"))), 0xcbf43926);
  });

  it("gives what ESP-IDF writes for otadata sequences 1 and 2", () => {
    assert.equal(crc32(new Uint8Array([1, 0, 0, 0]), 0xffffffff), 0x4743989a);
    assert.equal(crc32(new Uint8Array([2, 0, 0, 0]), 0xffffffff), 0x55f63774);
  });
});
