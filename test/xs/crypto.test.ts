/*
 * XsCrypto against published vectors: RFC 4231 (HMAC), RFC 6070 and RFC 7914 §11 (PBKDF2), FIPS 180-4's "abc".
 */

import { XsCrypto } from "../../hosts/xs/crypto.js";
import type { DigestName } from "../../modules/platform/crypto.js";
import { fromHex, toHex } from "../../modules/text/hex.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { assert, describe, it } from "./harness.js";

const crypto = new XsCrypto();
const text = encodeUtf8;

describe("XsCrypto", () => {
  it("hashes in pieces", () => {
    const digest = crypto.digest("sha256");
    digest.update(text("xab").subarray(1));
    digest.update(text("c"));
    assert.equal(toHex(digest.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("computes HMAC as RFC 4231's test case 2", () => {
    const expected: [DigestName, string][] = [
      ["sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"],
      ["sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
      ["sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"],
      [
        "sha512",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
      ],
    ];
    for (const [name, mac] of expected) {
      assert.equal(toHex(crypto.hmac(name, text("Jefe"), text("what do ya want for nothing?"))), mac);
    }
  });

  it("hashes a key that is longer than a block, as RFC 4231's test case 6", () => {
    const key = new Uint8Array(131).fill(0xaa);
    const data = text("Test Using Larger Than Block-Size Key - Hash Key First");
    assert.equal(
      toHex(crypto.hmac("sha256", key, data)),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
  });

  it("takes keys, data and results as parts of larger buffers", () => {
    const bytes = fromHex("00004a65666500") ?? new Uint8Array();
    assert.equal(
      toHex(crypto.hmac("sha256", bytes.subarray(2, 6), text("-what do ya want for nothing?").subarray(1))),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  it("derives keys as RFC 6070, over a block's end", () => {
    const password = text("passwordPASSWORDpassword");
    const salt = text("saltSALTsaltSALTsaltSALTsaltSALTsalt");
    assert.equal(
      toHex(crypto.pbkdf2("sha1", password, salt, 4096, 25)),
      "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
    );
  });

  it("derives keys as RFC 7914 §11", () => {
    assert.equal(
      toHex(crypto.pbkdf2("sha256", text("passwd"), text("salt"), 1, 64)),
      "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
    );
  });

  it("refuses a hash that it does not know, and no iterations", () => {
    assert.throws(
      () => crypto.hmac("md5" as DigestName, text("key"), text("data")),
      (error) => error instanceof RangeError || error instanceof TypeError,
    );
    assert.throws(
      () => crypto.pbkdf2("sha256", text("password"), text("salt"), 0, 32),
      (error) => error instanceof RangeError,
    );
  });
});
