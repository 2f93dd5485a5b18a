import { Fault } from "../../../modules/fault/fault.js";
import { decodeUtf8 } from "../../../modules/text/utf8.js";
import { decodeCertificates, type Encoded } from "../../../modules/x509/encoded.js";
import { ClientCertificate } from "../../../src/features/client-certificate/client-certificate.js";
import { assert, describe, fixture, it } from "../../support/harness.js";

const bytes = (name: string): Uint8Array => fixture(`x509/${name}`);
const text = (name: string): string => decodeUtf8(bytes(name));

function faultOf(body: () => unknown): Fault {
  try {
    body();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error as Fault;
  }
  return assert.fail("nothing was refused");
}

function certificateCredentials(certificate: Encoded | Encoded[], key: Encoded) {
  const credentials = new ClientCertificate({ certificate, key });
  credentials.check();
  return credentials;
}

const made = (name: string) => certificateCredentials(text(`${name}-certificate.pem`), text("p256-sec1.pem"));
const within = Date.UTC(2030, 0, 1);

describe("credentials: client certificate", () => {
  it("are the same DER from PEM text, PEM bytes and DER, whatever form the key has", () => {
    const expected = {
      certificate: [bytes("p256-certificate.der")],
      key: bytes("p256-pkcs8.der"),
    };
    for (const certificate of [
      text("p256-certificate.pem"),
      bytes("p256-certificate.pem"),
      bytes("p256-certificate.der"),
    ])
      for (const key of [
        text("p256-sec1.pem"),
        text("p256-pkcs8.pem"),
        bytes("p256-sec1.der"),
        bytes("p256-pkcs8.pem"),
      ])
        assert.deepEqual(certificateCredentials(certificate, key).identity(), expected);
  });

  it("take RSA", () => {
    const { key } = certificateCredentials(text("rsa-certificate.pem"), text("rsa-pkcs1.pem")).identity();
    assert.deepEqual(key, bytes("rsa-pkcs8.der"));
  });

  it("take a chain in one text or in several values", () => {
    const [leaf] = decodeCertificates("x", text("p256-certificate.pem"));
    const [ca] = decodeCertificates("x", text("ca-certificate.pem"));
    const key = text("p256-sec1.pem");
    assert.deepEqual(certificateCredentials(text("chain-certificate.pem"), key).identity().certificate, [leaf, ca]);
    assert.deepEqual(certificateCredentials([leaf, text("ca-certificate.pem")], key).identity().certificate, [
      leaf,
      ca,
    ]);
  });

  it("refuse a key that is for another certificate, and say for which", () => {
    const other = faultOf(() => certificateCredentials(text("p256-certificate.pem"), text("rsa-pkcs8.pem")));
    assert.equal(other.code, "key-mismatch");
    assert.match(other.message, /"fixture-device": give the key that it was made for/);
    const order = [text("ca-certificate.pem"), text("p256-certificate.pem")];
    const swapped = faultOf(() => certificateCredentials(order, text("p256-sec1.pem")));
    assert.equal(swapped.code, "key-mismatch");
    assert.match(swapped.message, /put the device's own first/);
  });

  for (const [what, certificate, key, code] of [
    ["an encrypted key", "p256-certificate.pem", "p256-encrypted.pem", "key-encrypted"],
    ["a key encrypted in the older form", "p256-certificate.pem", "p256-encrypted-old.pem", "key-encrypted"],
    ["a key on P-384", "p256-certificate.pem", "p384-sec1.pem", "key-unsupported"],
    ["an Ed25519 key", "p256-certificate.pem", "ed25519-pkcs8.pem", "key-unsupported"],
    ["a certificate in the key's place", "p256-certificate.pem", "p256-certificate.pem", "bad-option"],
    ["a key in the certificate's place", "p256-sec1.pem", "p256-sec1.pem", "bad-option"],
    ["a text that is no PEM", "README.md", "p256-sec1.pem", "bad-option"],
  ]) {
    it(`refuse ${what} as ${code}`, () => {
      assert.equal(faultOf(() => certificateCredentials(text(certificate), text(key))).code, code);
    });
  }

  it("refuse a certificate that is cut off", () => {
    const cut = bytes("p256-certificate.der").subarray(0, 200);
    const fault = faultOf(() => certificateCredentials(cut, text("p256-sec1.pem")));
    assert.equal(fault.code, "own-certificate-malformed");
  });
});

describe("credentials: what NervesHub will say to a certificate", () => {
  const codes = (name: string, nowMs: number | undefined): string[] =>
    made(name)
      .warnings(nowMs)
      .map(({ code }) => code);

  it("is nothing for a good one", () => {
    assert.deepEqual(codes("p256", within), []);
  });

  it("is no for a self-signed one", () => {
    assert.deepEqual(codes("self-signed", within), ["own-certificate-self-signed"]);
  });

  it("is no for one without Authority Key Identifier", () => {
    assert.deepEqual(codes("no-issuer-key", within), ["own-certificate-without-issuer-key"]);
  });

  it("is no for one whose time is over or to come, when the time is known", () => {
    assert.deepEqual(codes("p256", Date.UTC(2050, 0, 1)), ["own-certificate-expired"]);
    assert.deepEqual(codes("p256", Date.UTC(2020, 0, 1)), ["own-certificate-not-yet-valid"]);
    assert.deepEqual(codes("p256", undefined), []);
  });
});
