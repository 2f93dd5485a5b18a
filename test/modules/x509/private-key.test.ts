import { Fault } from "../../../modules/fault/fault.js";
import { parsePem } from "../../../modules/text/pem.js";
import { decodeUtf8 } from "../../../modules/text/utf8.js";
import { readCertificate } from "../../../modules/x509/certificate.js";
import { matchesKey, readPrivateKey } from "../../../modules/x509/private-key.js";
import { assert, describe, fixture, it } from "../../support/harness.js";

const der = (name: string): Uint8Array => fixture(`x509/${name}.der`);
const pem = (name: string): Uint8Array => parsePem(decodeUtf8(fixture(`x509/${name}.pem`)))![0].der;
const code = (bytes: Uint8Array): string => {
  try {
    readPrivateKey(bytes);
    return "read";
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return (error as Fault).code;
  }
};

describe("x509 private key", () => {
  it("of P-256 in SEC1 becomes the PKCS#8 that OpenSSL makes of it", () => {
    const { kind, pkcs8 } = readPrivateKey(der("p256-sec1"));
    assert.equal(kind, "P-256");
    assert.deepEqual(pkcs8, der("p256-pkcs8"));
  });

  it("of RSA in PKCS#1 becomes the PKCS#8 that OpenSSL makes of it", () => {
    const { kind, pkcs8 } = readPrivateKey(der("rsa-pkcs1"));
    assert.equal(kind, "RSA");
    assert.deepEqual(pkcs8, der("rsa-pkcs8"));
  });

  it("in PKCS#8 stays as it is", () => {
    for (const name of ["p256-pkcs8", "rsa-pkcs8"]) assert.deepEqual(readPrivateKey(der(name)).pkcs8, der(name));
  });

  it("without its public part is read, and leaves open whose it is", () => {
    const key = readPrivateKey(der("p256-sec1-no-public"));
    assert.equal(key.publicPart, undefined);
    assert.equal(matchesKey(key, readCertificate(der("p256-certificate")).publicKey), undefined);
    assert.equal(matchesKey(key, readCertificate(pem("rsa-certificate")).publicKey), false);
  });

  it("belongs to its own certificate and to no other", () => {
    const p256 = readCertificate(der("p256-certificate")).publicKey;
    const rsa = readCertificate(pem("rsa-certificate")).publicKey;
    const ca = readCertificate(pem("ca-certificate")).publicKey;
    const owners = [p256, rsa, ca];
    const row = (name: string): unknown[] => owners.map((owner) => matchesKey(readPrivateKey(der(name)), owner));
    assert.deepEqual(row("p256-sec1"), [true, false, false]);
    assert.deepEqual(row("p256-pkcs8"), [true, false, false]);
    assert.deepEqual(row("rsa-pkcs1"), [false, true, false]);
  });

  it("of a kind or curve that TLS here cannot use is refused by name", () => {
    const message = (name: string): string => {
      try {
        readPrivateKey(pem(name));
        return "";
      } catch (error) {
        return (error as Fault).message;
      }
    };
    assert.match(message("p384-sec1"), /is P-384; .* P-256, or RSA/);
    assert.match(message("p384-pkcs8"), /is P-384;/);
    assert.match(message("ed25519-pkcs8"), /is Ed25519;/);
  });

  it("under a pass phrase is refused with the command that helps", () => {
    assert.equal(code(der("p256-encrypted")), "key-encrypted");
  });

  it("that was cut anywhere, or has bytes behind it, is refused as malformed", () => {
    for (const name of ["p256-sec1", "p256-pkcs8", "rsa-pkcs1", "rsa-pkcs8"]) {
      const whole = der(name);
      for (let length = 0; length < whole.byteLength; length++)
        assert.equal(code(whole.subarray(0, length)), "key-malformed", `${name} cut at ${length}`);
      const longer = new Uint8Array(whole.byteLength + 1);
      longer.set(whole);
      assert.equal(code(longer), "key-malformed", name);
    }
  });

  it("with any byte changed is read or refused by a fault, and nothing else", () => {
    const whole = der("p256-sec1");
    for (let at = 0; at < whole.byteLength; at++) {
      for (const value of [0, 1, 0x30, 0x7f, 0x80, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        assert.ok(["read", "key-malformed", "key-unsupported", "key-encrypted"].includes(code(changed)), String(at));
      }
    }
  });
});
