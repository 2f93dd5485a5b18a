/*
 * Units of modules/tls/hardened that no conversation shows by itself.
 */

import { Digest } from "crypt";
import Curve from "curve";
import ECDSA from "ecdsa";
import { deterministicNonce } from "nerveshub/modules/tls/hardened/nonce";
import { requireShape } from "nerveshub/modules/tls/hardened/shape";
import { signatureNumbers } from "nerveshub/modules/tls/hardened/signature";
import CertificateManager from "ssl/cert";
import suites from "ssl/ciphersuites";
import { fromHex, toHex } from "../../../modules/text/hex.js";
import { sameBytes } from "../../../modules/text/same-bytes.js";
import { BuiltInRoots, builtInRoot, ConfiguredRoots } from "../../../modules/tls/server-verification.js";
import { readCertificate } from "../../../modules/x509/certificate.js";
import { assert, describe, it } from "../harness.js";

const environment = native("test_environment") as (name: string) => string | undefined;
const file = native("test_file") as (path: string) => ArrayBuffer;

const curve = new Curve("secp256r1");

/** One that tools/xs/tls/cases.ts made. */
const certificate = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(file(`${environment("TLS_AUTHORITY")}/${name}.der`));

describe("hardened TLS modules", () => {
  // RFC 6979 A.2.5: P-256, SHA-256.
  const d = 0xc9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721n;
  for (const [message, k, r, s] of [
    [
      "sample",
      0xa6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60n,
      0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
      0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
    ],
    [
      "test",
      0xd16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0n,
      0xf1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367n,
      0x019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083n,
    ],
  ] as [string, bigint, bigint, bigint][])
    it(`the nonce and the signature of "${message}" are those of RFC 6979`, () => {
      const hash = new Digest("SHA256").process(ArrayBuffer.fromString(message));
      const nonce = deterministicNonce(d, curve.n, hash);
      assert.equal(nonce, k);
      const signing = { G: curve.G, ec: curve.ec, n: curve.n, orderSize: curve.orderSize, k: nonce };
      const signature = new Uint8Array(new ECDSA(d, signing).sign(hash, true));
      assert.deepEqual(signatureNumbers(signature, curve.n), { r, s });
    });

  it("an ECDSA value is taken in its one form only", () => {
    const good = "3006020107020109";
    assert.deepEqual(signatureNumbers(fromHex(good)!, curve.n), { r: 7n, s: 9n });
    for (const bad of [
      "",
      "30",
      "3000",
      "3006020107020100",
      "3006020100020109",
      "3006020187020109",
      "300602010702010900",
      "3007020107020109",
      "300702020007020109",
      "3006020107030109",
      "30060201070201",
      "3003020107",
      "308106020107020109",
    ])
      assert.equal(signatureNumbers(fromHex(bad)!, curve.n), undefined, bad);
  });

  it("only the two suites with ephemeral keys and AES-GCM are there, EC first", () => {
    assert.deepEqual(
      suites.map(({ value }) => [...value]),
      [
        [0xc0, 0x2b],
        [0xc0, 0x2f],
      ],
    );
  });

  it("every root of modules/tls/roots.md is built in and found by its key identifier", () => {
    const table = String.fromArrayBuffer(file(environment("TLS_ROOTS")!));
    const identifiers = [...table.matchAll(/^\| ([^|]+) \| ([0-9a-f]{40}) \|/gm)];
    assert.equal(identifiers.length, 14);
    for (const [, name, identifier] of identifiers) {
      const root = builtInRoot(fromHex(identifier)!);
      assert.equal(toHex(root!.subjectKeyIdentifier!), identifier, name);
      assert.ok(root!.ca && sameBytes(root!.subject, root!.issuer), name);
    }
    assert.equal(builtInRoot(new Uint8Array(20)), undefined);
  });

  it("a root that the SDK has and the app does not is named by its number", () => {
    const server = readCertificate(certificate("server-ec"));
    // GlobalSign Root CA, the SDK's 22nd.
    const below = { ...server, authorityKeyIdentifier: fromHex("607b661a450d97ca89502f7d04cd34a8fffcfd4b")! };
    assert.match(new BuiltInRoots().hint(below)!, /crypt\/data\/ca22"/);
    assert.match(new ConfiguredRoots([]).hint(below)!, /ca22\.der/);
    assert.equal(new BuiltInRoots().hint(server), undefined);
  });

  // What the SDK's own TLSSocket meets, in an app that has both.
  const judge = (names: string[], root = "root-ec", verify = true): boolean | undefined => {
    const manager = new CertificateManager({ verify, certificate: certificate(root).buffer });
    return manager.verify(names.map(certificate), { tls_server_name: "localhost" });
  };

  it("a session without a trust of ours keeps the SDK's rules", () => {
    assert.equal(judge(["server-rsa", "middle-rsa"], "root-rsa"), true);
    assert.ok(!judge(["server-rsa", "middle-rsa"]));
    assert.equal(judge(["server-rsa"], "root-ec", false), true);
  });

  it("and has an issuer that is not a CA, or out of date, refused as well", () => {
    const refused = (names: string[], text: string): void =>
      assert.throws(
        () => judge(names),
        (error) => error.message.includes(text),
      );
    refused(["server-below-leaf", "server-direct"], "not a CA");
    refused(["server-below-not-ca", "middle-not-ca"], "not a CA");
    refused(["server-late-middle", "middle-expired"], "not valid today");
  });

  it("and does not hang at a certificate whose signature has s = 0", () => {
    const manager = new CertificateManager({ certificate: certificate("root-ec").buffer });
    const key = { curve, pub: curve.G };
    const sig = fromHex("3006020101020100")!;
    assert.equal(manager._verify(key, { sig }), false);
  });

  it("an SDK module without an expected function stops the build with a sentence", () => {
    requireShape("a", { b: { c() {} } }, ["b.c"]);
    assert.throws(
      () => requireShape("ssl/x", { b: {} }, ["b.c"]),
      (error) => error.message.includes('"ssl/x" has no function "b.c" any more'),
    );
    assert.throws(
      () => requireShape("ssl/x", {}, ["b.c"]),
      (error) => error.message.includes("b.c"),
    );
  });
});
