import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { toHex } from "../../../modules/text/hex.js";
import { sameBytes } from "../../../modules/text/same-bytes.js";
import { nameForPeople, readCertificate } from "../../../modules/x509/certificate.js";
import { assert, describe, it } from "../../support/harness.js";

/** The roots that Node comes with: some 140 real certificates, of many authorities and ages. */
const certificates = rootCertificates.map((pem) => new X509Certificate(pem));
const oldest = new Uint8Array(certificates[0].raw);

describe("certificate", () => {
  it("is read as OpenSSL reads it", () => {
    assert.ok(certificates.length > 100);
    for (const expected of certificates) {
      const read = readCertificate(new Uint8Array(expected.raw));
      assert.equal(read.notBeforeMs, Date.parse(expected.validFrom), expected.subject);
      assert.equal(read.notAfterMs, Date.parse(expected.validTo), expected.subject);
      assert.equal(read.ca, expected.ca, expected.subject);
      assert.deepEqual(
        new Uint8Array(read.publicKey),
        new Uint8Array(expected.publicKey.export({ type: "spki", format: "der" })),
      );
      assert.ok(sameBytes(read.issuer, read.subject), expected.subject);
      const commonName = /^CN=(.*)$/m.exec(expected.subject)?.[1];
      if (commonName) assert.equal(nameForPeople(read.subject), `"${commonName}"`);
    }
  });

  it("control characters: shows a name's own as escapes, and only its beginning", () => {
    const named = (commonName: string): Uint8Array => {
      const text = Buffer.from(commonName);
      const nested = (tag: number, ...inner: Uint8Array[]) => {
        const body = Buffer.concat(inner);
        return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body]);
      };
      const attribute = nested(0x30, Buffer.from([6, 3, 0x55, 4, 3]), nested(0x0c, text));
      return nested(0x30, nested(0x31, attribute));
    };
    assert.equal(nameForPeople(named("a\x1b[2J\u202e\n")), '"a\\u001b[2J\\u202e\\u000a"');
    assert.equal(nameForPeople(named(`${"x".repeat(63)}😀y`)), `"${"x".repeat(63)}😀…"`);
  });

  it("has the key identifiers that OpenSSL shows", () => {
    const shown = certificates.map(readableIdentifier).filter((text) => text !== undefined);
    assert.ok(shown.length > 100);
  });

  it("is refused when any of it is missing", () => {
    for (let length = 0; length < oldest.byteLength; length++)
      assert.throws(
        () => readCertificate(oldest.subarray(0, length)),
        (error) => error instanceof Error,
      );
  });

  it("is refused with bytes behind it", () => {
    const longer = new Uint8Array(oldest.byteLength + 1);
    longer.set(oldest);
    assert.throws(
      () => readCertificate(longer),
      (error) => error instanceof Error,
    );
  });

  it("is read or refused, whatever byte is changed, and nothing else happens", () => {
    for (let at = 0; at < oldest.byteLength; at++)
      for (const value of [0, 0x7f, 0x80, 0x84, 0xff]) {
        const changed = oldest.slice();
        changed[at] = value;
        try {
          readCertificate(changed);
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
        }
      }
  });
});

function readableIdentifier(certificate: X509Certificate): string | undefined {
  const read = readCertificate(new Uint8Array(certificate.raw));
  if (!read.subjectKeyIdentifier) return undefined;
  const hex = toHex(read.subjectKeyIdentifier);
  assert.ok(
    toHex(new Uint8Array(certificate.raw)).includes(`0414${hex}`) || read.subjectKeyIdentifier.byteLength !== 20,
  );
  return hex;
}
