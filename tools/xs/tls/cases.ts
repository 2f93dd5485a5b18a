/*
 * The cases of the TLS suite: the server that XS connects to, the trust and identity, and how the connection must end.
 */

import { createSign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { Authority, files, type Identity, serverExtensions } from "./authority.js";
import type { Add, Case } from "./case.js";
import { addConstraintCases } from "./constraint-cases.js";
import { addKeyCases } from "./key-cases.js";
import { ecdsaValue, offCurve, properlySigned, resigned, signature, signed } from "./key-exchange.js";
import { encode, type Mangling, type Message, mangle, record } from "./mangler.js";
import { erlangServer, nodeServer, opensslServer, tcpServer } from "./servers.js";

/** 140 names and more, as in NervesHub's CertificateRequest with the Mozilla list. */
const manyCas = [...rootCertificates];

const zero = Buffer.from([0]);
const one = Buffer.from([1]);
/** Order of P-256. */
const order = Buffer.from("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");

const replace = (type: number, out: (message: Message) => (Message | Buffer)[]): Mangling => ({
  message: (message) => (message.type === type ? out(message) : [message]),
});

export async function makeCases(folder: string): Promise<Case[]> {
  const authority = new Authority(folder);
  const rootRsa = authority.root("root-rsa", "rsa");
  const rootEc = authority.root("root-ec", "p256");
  const other = authority.root("root-other", "p256");
  const middleRsa = authority.intermediate("middle-rsa", "rsa", rootRsa);
  const middleEc = authority.intermediate("middle-ec", "p384", rootEc, { hash: "sha384" });
  const rsa = authority.server("server-rsa", "rsa", middleRsa);
  const ec = authority.server("server-ec", "p256", middleEc, { hash: "sha384" });
  const direct = authority.server("server-direct", "p256", rootEc);
  const directRsa = authority.server("server-direct-rsa", "rsa", rootRsa);
  const deviceCa = authority.root("root-device", "p256");
  const deviceRsa = authority.device("device-rsa", "rsa", deviceCa);
  const deviceEc = authority.device("device-ec", "p256", deviceCa);
  const device384 = authority.device("device-p384", "p384", deviceCa);
  const deviceOther = authority.device("device-other", "p256", other);
  authority.openssl("ec", "-in", deviceEc.key, "-outform", "DER", "-out", "device-ec.sec1");
  authority.openssl("rsa", "-traditional", "-in", deviceRsa.key, "-outform", "DER", "-out", "device-rsa.pkcs1");
  const many = [readFileSync(deviceCa.certificate, "utf8"), ...manyCas].join("\n");
  writeFileSync(authority.path("many.pem"), many);
  const deviceCaPem = readFileSync(deviceCa.certificate, "utf8");
  const roots = [rootEc.der, rootRsa.der];
  const cases: Case[] = [];
  const add: Add = (name, port, expect, more = {}) => {
    cases.push({ name, port, expect, roots, ...more });
  };
  const echo: Partial<Case> = { talk: [["hello\n", "hello\n"]] };
  const rev: Partial<Case> = { talk: [["hello\n", "olleh\n"]] };

  // Good servers.
  const wanted = { requestCert: true, rejectUnauthorized: true, ca: [deviceCaPem, ...manyCas] };
  const nodeEc = await nodeServer(ec);
  const nodeRsa = await nodeServer(rsa);
  const nodeDirect = await nodeServer(direct);
  const nodeAskEc = await nodeServer(ec, wanted);
  const nodeAskRsa = await nodeServer(rsa, wanted);
  add("node: RSA server", nodeRsa, "ok", echo);
  add("node: EC server below a P-384 CA", nodeEc, "ok", echo);
  add("node: the leaf alone, signed by the configured root (EC)", nodeDirect, "ok", echo);
  add("node: the leaf alone, signed by the configured root (RSA)", await nodeServer(directRsa), "ok", echo);
  add("node: the server's own certificate pinned as root", nodeDirect, "ok", { ...echo, roots: [direct.der] });
  add("node: by address", nodeEc, "ok", { ...echo, serverName: "127.0.0.1" });
  add("node: by a name in capitals with a final dot", nodeEc, "ok", { ...echo, serverName: "LOCALHOST." });
  const wild = authority.server("server-wild", "p256", rootEc, { extensions: serverExtensions("DNS:*.hub.test") });
  const nodeWild = await nodeServer(wild);
  add("node: wildcard", nodeWild, "ok", { ...echo, serverName: "a.hub.test" });
  add("node: wildcard one label too deep", nodeWild, "certificate-name-mismatch", { serverName: "b.a.hub.test" });
  add("node: 300 kB in full records", nodeEc, "ok", { talk: [["big\n", "big"]] });
  add("node: 300 kB, reading what was announced", nodeEc, "ok", { talk: [["big\n", "big"]], reading: "told" });
  add("node: 300 kB, reading slowly", nodeEc, "ok", { talk: [["big\n", "big"]], reading: "slow" });
  add("node: 200 kB there and back", nodeEc, "ok", { talk: [["flood", "flood"]] });
  add("node: RSA device, RSA server, 140 CA names", nodeAskRsa, "ok", {
    ...files(deviceRsa),
    talk: [["who?\n", "true device-rsa\n"]],
  });
  add("node: RSA device, EC server, 140 CA names", nodeAskEc, "ok", {
    ...files(deviceRsa),
    talk: [["who?\n", "true device-rsa\n"]],
  });
  add("node: P-256 device, RSA server, 140 CA names", nodeAskRsa, "ok", {
    ...files(deviceEc),
    talk: [["who?\n", "true device-ec\n"]],
  });
  add("node: P-256 device, EC server, 140 CA names", nodeAskEc, "ok", {
    ...files(deviceEc),
    talk: [["who?\n", "true device-ec\n"]],
  });
  add("node: P-256 device with a SEC1 key", nodeAskEc, "ok", {
    ...files(deviceEc),
    key: authority.path("device-ec.sec1"),
    talk: [["who?\n", "true device-ec\n"]],
  });
  add("node: RSA device with a PKCS#1 key", nodeAskEc, "ok", {
    ...files(deviceRsa),
    key: authority.path("device-rsa.pkcs1"),
    talk: [["who?\n", "true device-rsa\n"]],
  });
  const asked = await nodeServer(rsa, { ...wanted, rejectUnauthorized: false });
  add("node: asked for a certificate and has none", asked, "ok", { talk: [["who?\n", "false undefined\n"]] });
  add("node: a session is made", nodeRsa, "ok", { talk: [["resumed?\n", "false\n"]] });
  add("node: a session is resumed", nodeRsa, "ok", { talk: [["resumed?\n", "true\n"]] });
  add("node: a session is made by address", nodeRsa, "ok", {
    serverName: "127.0.0.1",
    talk: [["resumed?\n", "false\n"]],
  });
  add("node: and is resumed", nodeRsa, "ok", { serverName: "127.0.0.1", talk: [["resumed?\n", "true\n"]] });
  add("node: by name, the server hears it", nodeDirect, "ok", { talk: [["sni?\n", "localhost\n"]] });
  add("node: also in capitals with a final dot", nodeDirect, "ok", {
    serverName: "LOCALHOST.",
    talk: [["sni?\n", "localhost\n"]],
  });
  add("node: by address, the server hears no name", nodeDirect, "ok", {
    serverName: "127.0.0.1",
    talk: [["sni?\n", "false\n"]],
  });
  const six = await nodeServer(authority.server("server-ipv6", "p256", rootEc, {}, "IP:2001:db8::1"));
  add("node: nor by an IPv6 address", six, "ok", { serverName: "2001:DB8::1", talk: [["sni?\n", "false\n"]] });
  // Node's server knows no name of a resumed session, so the hello itself is looked at.
  const named = await mangle(nodeRsa, { hello: (bytes) => bytes.includes("localhost") });
  add("node: a session is made by name", named, "ok", { talk: [["resumed?\n", "false\n"]] });
  add("node: and the name is sent to resume it", named, "ok", { talk: [["resumed?\n", "true\n"]] });
  add("node: not with other roots", nodeRsa, "ok", { roots: [rootRsa.der], talk: [["resumed?\n", "false\n"]] });
  add("node: but with those again", nodeRsa, "ok", { roots: [rootRsa.der], talk: [["resumed?\n", "true\n"]] });
  add("node: not with stricter roots", nodeRsa, "unknown-ca", { roots: [rootEc.der] });
  const caFile = ["-CAfile", deviceCa.certificate, "-Verify", "2", "-verify_return_error"];
  add("openssl: RSA server", await opensslServer(rsa), "ok", rev);
  add("openssl: EC server", await opensslServer(ec), "ok", rev);
  add("openssl: leaf alone", await opensslServer(direct), "ok", rev);
  const opensslAsk = await opensslServer(rsa, ...caFile);
  add("openssl: RSA device", opensslAsk, "ok", { ...files(deviceRsa), ...rev });
  add("openssl: P-256 device", opensslAsk, "ok", { ...files(deviceEc), ...rev });
  add("openssl: P-256 device, EC server", await opensslServer(ec, ...caFile), "ok", { ...files(deviceEc), ...rev });
  add(
    "openssl: a chain and a CA list in records of 512 bytes",
    await opensslServer(ec, "-CAfile", authority.path("many.pem"), "-verify", "2"),
    "ok",
    { ...rev, maxFragmentLength: 512 },
  );
  const erlangRsa = await erlangServer(rsa);
  add("erlang: RSA server", erlangRsa, "ok", echo);
  add("erlang: EC server", await erlangServer(ec), "ok", echo);
  add("erlang: leaf alone", await erlangServer(direct), "ok", echo);
  const erlangAsk = await erlangServer(rsa, authority.path("many.pem"));
  add("erlang: RSA device, 140 CA names", erlangAsk, "ok", { ...files(deviceRsa), ...echo });
  add("erlang: P-256 device, 140 CA names", erlangAsk, "ok", { ...files(deviceEc), ...echo });
  add("erlang: P-256 device, EC server", await erlangServer(ec, authority.path("many.pem")), "ok", {
    ...files(deviceEc),
    ...echo,
  });
  add("erlang: records of 4096 bytes, so the CA list spans some", erlangAsk, "ok", {
    ...files(deviceEc),
    ...echo,
    maxFragmentLength: 4096,
  });

  // Servers that are not to be trusted.
  const bad = async (name: string, identity: Identity, expect: string, more: Partial<Case> = {}): Promise<void> =>
    add(name, await nodeServer(identity), expect, more);
  const at = (date: string): number => Date.parse(date);
  await bad(
    "expired",
    authority.server("server-expired", "p256", rootEc, { to: "20260101000000Z" }),
    "certificate-expired",
    { says: "2026-01-01" },
  );
  const early = authority.server("server-early", "p256", rootEc, { from: "20440101000000Z" });
  await bad("not yet valid", early, "certificate-not-yet-valid", { says: "2044-01-01" });
  const lateMiddle = authority.intermediate("middle-expired", "p256", rootEc, { to: "20260101000000Z" });
  const lateMiddleServer = authority.server("server-late-middle", "p256", lateMiddle);
  await bad("expired intermediate", lateMiddleServer, "certificate-expired", { says: '"middle-expired"' });
  add("the device's clock is at 1970", nodeEc, "clock-wrong", { nowMs: at("1970-01-02") });
  add("the device's clock is not known", nodeEc, "clock-unknown", { nowMs: 0 });
  const built = { nowMs: 0, earliestMs: at("2026-06-01") };
  await bad("13.11: the time is unknown, a certificate that is valid at the build", ec, "ok", { ...built, ...echo });
  await bad("13.11: the time is unknown, a certificate made after the build", early, "ok", { ...built, ...echo });
  await bad(
    "13.11: the time is unknown, a certificate that had expired at the build",
    authority.server("server-before-build", "p256", rootEc, { to: "20260531000000Z" }),
    "certificate-expired",
    { ...built, says: "2026-05-31" },
  );
  await bad("13.11: the time is unknown, an intermediate that had", lateMiddleServer, "certificate-expired", built);
  add("13.11: the time is unknown, another name", nodeEc, "certificate-name-mismatch", {
    ...built,
    serverName: "hub.example",
  });
  add("13.11: the time is unknown, another root", nodeEc, "unknown-ca", { ...built, roots: [other.der] });
  add("the device's clock is in 2050", nodeEc, "certificate-expired", { nowMs: at("2050-01-01") });
  add("wrong name", nodeEc, "certificate-name-mismatch", { serverName: "hub.example", says: "localhost, 127.0.0.1" });
  add("wrong address", nodeEc, "certificate-name-mismatch", { serverName: "127.0.0.2" });
  add("leaf alone with the wrong name", nodeDirect, "certificate-name-mismatch", { serverName: "hub.example" });
  add("unknown CA", nodeEc, "unknown-ca", { roots: [other.der], says: '"root-ec" (key identifier' });
  add("unknown CA, built-in roots", nodeEc, "unknown-ca", { roots: undefined, says: "key identifier" });
  const alone = authority.server("server-alone", "p256", middleEc, { alone: true, hash: "sha384" });
  await bad("the intermediate is not sent", alone, "unknown-ca", { says: '"middle-ec"' });
  const self = authority.issue({
    name: "server-self",
    kind: "p256",
    extensions: serverExtensions("DNS:localhost").slice(0, 5),
  });
  await bad("self-signed", self, "self-signed");
  await bad("a leaf as issuer", authority.server("server-below-leaf", "p256", direct), "issuer-not-ca", {
    says: "server-direct",
  });
  await bad("a device's leaf as issuer", authority.server("server-below-device", "p256", deviceEc), "issuer-not-ca", {
    roots: [deviceCa.der],
    says: "device-ec",
  });
  const notCa = authority.issue({
    name: "middle-not-ca",
    kind: "p256",
    issuer: rootEc,
    extensions: [
      "basicConstraints = critical, CA:FALSE",
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
    ],
  });
  await bad("a non-CA intermediate", authority.server("server-below-not-ca", "p256", notCa), "issuer-not-ca", {
    says: "basicConstraints",
  });
  const noSign = authority.issue({
    name: "middle-no-sign",
    kind: "p256",
    issuer: rootEc,
    extensions: [
      "basicConstraints = critical, CA:TRUE",
      "keyUsage = critical, cRLSign",
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
    ],
  });
  await bad(
    "an intermediate that may not sign",
    authority.server("server-below-no-sign", "p256", noSign),
    "issuer-not-ca",
    { says: "keyUsage" },
  );
  const short = authority.intermediate("middle-short", "p256", rootEc, {
    extensions: [
      "basicConstraints = critical, CA:TRUE, pathlen:0",
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
    ],
  });
  const tooDeep = authority.intermediate("middle-too-deep", "p256", short);
  await bad("a path longer than allowed", authority.server("server-too-deep", "p256", tooDeep), "issuer-not-ca", {
    says: "path length",
  });
  const forger = authority.issue({
    name: "forger",
    subject: "root-ec",
    kind: "p256",
    extensions: ["basicConstraints = critical, CA:TRUE", `subjectKeyIdentifier = ${authority.keyIdentifier(rootEc)}`],
  });
  await bad(
    "signed by a CA that only has the root's name and identifier",
    authority.server("server-forged", "p256", forger),
    "bad-certificate-signature",
  );
  const clientOnly = authority.server("server-client-only", "p256", rootEc, {
    extensions: ["extendedKeyUsage = clientAuth", "subjectAltName = DNS:localhost", "authorityKeyIdentifier = keyid"],
  });
  await bad("a certificate for clients only", clientOnly, "certificate-unsupported", { says: "extendedKeyUsage" });
  const policies = authority.intermediate("middle-policies", "p256", rootEc, {
    extensions: [
      "basicConstraints = critical, CA:TRUE",
      "policyConstraints = critical, requireExplicitPolicy:0",
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
    ],
  });
  await bad(
    "a critical extension that is not understood",
    authority.server("server-policies", "p256", policies),
    "certificate-unsupported",
    { says: "551d24" },
  );
  const sha1 = authority.server("server-sha1", "p256", rootEc, { hash: "sha1" });
  add("a SHA-1 signature", await nodeServer(sha1, { ciphers: "DEFAULT@SECLEVEL=0" }), "certificate-unsupported", {
    says: "weak",
  });
  const small = authority.server("server-small", "rsa", rootEc, { rsaBits: 1024 });
  add(
    "an RSA key of 1024 bits",
    await nodeServer(small, { ciphers: "DEFAULT@SECLEVEL=0" }),
    "certificate-unsupported",
    { says: "1024" },
  );

  await addConstraintCases(authority, rootEc, add);

  // The key exchange.
  const exchange = async (
    name: string,
    mangling: Mangling,
    port = nodeEc,
    expect = "bad-key-exchange",
  ): Promise<void> => add(`key exchange: ${name}`, await mangle(port, mangling), expect);
  await exchange(
    "unsigned (0/0, nothing)",
    resigned((p) => Buffer.concat([p, signature(0, 0, Buffer.alloc(0))])),
  );
  for (const [hash, algorithm] of [
    [4, 0],
    [0, 3],
    [8, 4],
    [9, 9],
    [2, 3],
    [4, 2],
  ])
    await exchange(
      `algorithm ${hash}/${algorithm}`,
      resigned((p, r) => Buffer.concat([p, signature(hash, algorithm, signed(ec.key, p, r))])),
    );
  for (const algorithm of [0, 2, 3])
    await exchange(
      `algorithm 4/${algorithm} named for an RSA signature`,
      resigned((p, r) => Buffer.concat([p, signature(4, algorithm, signed(rsa.key, p, r))])),
      nodeRsa,
    );
  await exchange(
    "RSA named for an EC key",
    resigned((p, r) => Buffer.concat([p, signature(4, 1, signed(ec.key, p, r))])),
  );
  await exchange(
    "s = 0",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(one, zero))])),
  );
  await exchange(
    "r = 0",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(zero, one))])),
  );
  await exchange(
    "s = n",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(one, order))])),
  );
  await exchange(
    "r = n",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(order, one))])),
  );
  await exchange(
    "r = s = 1",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(one, one))])),
  );
  await exchange(
    "negative s",
    resigned((p) => Buffer.concat([p, signature(4, 3, ecdsaValue(one, Buffer.from([0xff])))])),
  );
  await exchange(
    "another EC key",
    resigned((p, r) => Buffer.concat([p, signature(4, 3, signed(direct.key, p, r))])),
  );
  await exchange(
    "another RSA key",
    resigned((p, r) => Buffer.concat([p, signature(4, 1, signed(directRsa.key, p, r))])),
    nodeRsa,
  );
  await exchange(
    "an earlier connection's signature",
    resigned((p, r) => Buffer.concat([p, signature(4, 3, signed(ec.key, p, { ...r, client: Buffer.alloc(32) }))])),
  );
  await exchange(
    "a byte behind the signature",
    resigned((p, r) => Buffer.concat([p, signature(4, 3, signed(ec.key, p, r)), zero])),
  );
  await exchange(
    "a byte behind the ECDSA value",
    resigned((p, r) => Buffer.concat([p, signature(4, 3, Buffer.concat([signed(ec.key, p, r), zero]))])),
  );
  await exchange(
    "cut off",
    resigned((p) => p),
  );
  await exchange(
    "an RSA signature over a padded block with more in it",
    resigned((p, { client, server }) => {
      const signer = createSign("sha384").update(Buffer.concat([client, server, p]));
      return Buffer.concat([p, signature(4, 1, signer.sign(readFileSync(rsa.key)))]);
    }),
    nodeRsa,
  );
  await exchange("a point that is not on the curve, properly signed", properlySigned(ec.key, offCurve));
  await exchange(
    "another curve, properly signed",
    properlySigned(ec.key, (p) => {
      const q = Buffer.from(p);
      q[2] = 25;
      return q;
    }),
  );

  // The course of the handshake.
  const course = async (name: string, mangling: Mangling, expect: string, more: Partial<Case> = {}): Promise<void> =>
    add(`handshake: ${name}`, await mangle(nodeEc, mangling), expect, more);
  const pieces =
    (size: number) =>
    (messages: Message[]): Buffer[] => {
      const all = Buffer.concat(messages.map(encode));
      const out: Buffer[] = [];
      for (let i = 0; i < all.length; i += size) out.push(record(22, all.subarray(i, i + size)));
      return out;
    };
  await course("messages in pieces of 7 bytes", { pack: pieces(7) }, "ok", echo);
  await course("messages all in one record", { pack: pieces(16_000) }, "ok", echo);
  await course(
    "no certificate",
    replace(11, () => []),
    "tls-bad-record",
  );
  await course(
    "no key exchange",
    replace(12, () => []),
    "tls-bad-record",
  );
  await course(
    "two hellos",
    replace(2, (m) => [m, m]),
    "tls-bad-record",
  );
  await course(
    "a Finished too early",
    replace(2, (m) => [m, { type: 20, body: Buffer.alloc(12) }]),
    "tls-bad-record",
  );
  await course(
    "ChangeCipherSpec too early",
    replace(2, (m) => [m, record(20, one)]),
    "tls-bad-record",
  );
  await course(
    "application data in the middle",
    replace(2, (m) => [m, record(23, Buffer.from("HTTP/1.1 200 OK"))]),
    "tls-bad-record",
  );
  await course(
    "a suite that was not offered",
    replace(2, (m) => {
      const at = 35 + m.body[34];
      m.body.writeUInt16BE(0x002f, at);
      return [m];
    }),
    "no-common-suite",
  );
  await course(
    "TLS 1.1 chosen",
    replace(2, (m) => {
      m.body[1] = 2;
      return [m];
    }),
    "tls-version",
  );
  await course(
    "a changed random number",
    replace(2, (m) => {
      m.body[10] ^= 1;
      return [m];
    }),
    "bad-key-exchange",
  );
  await course(
    "alert 40",
    replace(12, () => [record(21, Buffer.from([2, 40]))]),
    "tls-alert-40",
    { says: "registered at the server" },
  );
  await course(
    "alert 70",
    replace(2, () => [record(21, Buffer.from([2, 70]))]),
    "tls-alert-70",
    { says: "TLS 1.2" },
  );
  await course(
    "alert 255",
    replace(2, () => [record(21, Buffer.from([2, 255]))]),
    "tls-alert-255",
  );
  await course(
    "a warning (112)",
    replace(2, (m) => [record(21, Buffer.from([1, 112])), m]),
    "ok",
    echo,
  );
  await course(
    "close_notify",
    replace(12, () => [record(21, Buffer.from([1, 0]))]),
    "handshake-closed",
  );
  await course(
    "an endless certificate",
    replace(11, () => [record(22, Buffer.concat([Buffer.from([11, 0xff, 0xff, 0xff]), Buffer.alloc(9000)]))]),
    "tls-bad-record",
  );
  await course(
    "a record that is too long",
    replace(11, () => [Buffer.from([22, 3, 3, 0xff, 0xff])]),
    "tls-bad-record",
  );
  await course(
    "an empty record",
    replace(11, (m) => [Buffer.from([22, 3, 3, 0, 0]), m]),
    "tls-bad-record",
  );
  await course(
    "a message interrupted by an alert",
    replace(11, (m) => [record(22, encode(m).subarray(0, 50)), record(21, Buffer.from([1, 90]))]),
    "tls-bad-record",
  );
  await course(
    "a certificate that is no certificate",
    replace(11, () => [{ type: 11, body: Buffer.from([0, 0, 9, 0, 0, 6, 0x30, 0x84, 0xff, 0xff, 0xff, 0xf0]) }]),
    "certificate-malformed",
  );
  await course(
    "a certificate list of nothing",
    replace(11, () => [{ type: 11, body: Buffer.from([0, 0, 0]) }]),
    "certificate-malformed",
  );
  await course(
    "a certificate longer than its list",
    replace(11, () => [{ type: 11, body: Buffer.from([0, 0, 9, 0xff, 0, 6, 1, 2]) }]),
    "tls-failed",
  );
  await course(
    "Finished with a changed bit",
    {
      record: (bytes, index) => {
        if (index === 1) bytes[20] ^= 1;
        return bytes;
      },
    },
    "tls-bad-record",
    { says: "authentication code" },
  );
  await course(
    "data with a changed bit",
    {
      record: (bytes, index) => {
        if (index === 2) bytes[20] ^= 1;
        return bytes;
      },
    },
    "tls-bad-record",
    { ...echo, says: "authentication code" },
  );
  await course(
    "a data record that is too short",
    { record: (bytes, index) => (index === 2 ? record(23, Buffer.alloc(10)) : bytes) },
    "tls-bad-record",
    echo,
  );
  await course("the connection is cut before Finished", { record: () => undefined }, "handshake-closed");
  await course(
    "the connection is cut after the hello",
    { message: (m) => [m], record: () => undefined },
    "handshake-closed",
  );
  await course(
    "the data is cut without close_notify",
    { record: (bytes, index) => (index < 4 ? bytes : undefined) },
    "tls-truncated",
    { talk: [["big\n", "big"]] },
  );
  for (const [name, answer, expect] of [
    ["plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "plain-http"],
    ["SSH", "SSH-2.0-OpenSSH_9.2\r\n", "not-tls"],
    ["nothing, and closes", "", "handshake-closed"],
  ])
    add(`no TLS: ${name}`, await tcpServer((socket) => socket.once("data", () => socket.end(answer))), expect);
  add("no TLS: silence", await tcpServer(() => {}), "handshake-timeout", { timeoutMs: 300 });
  add("only TLS 1.3", await nodeServer(ec, { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" }), "tls-alert-70");
  add("only CBC", await nodeServer(rsa, { ciphers: "ECDHE-RSA-AES128-SHA256:AES128-SHA" }), "tls-alert-40");
  add("only RSA key exchange", await nodeServer(rsa, { ciphers: "AES128-GCM-SHA256" }), "tls-alert-40");
  add("only AES-256", await nodeServer(rsa, { ciphers: "ECDHE-RSA-AES256-GCM-SHA384" }), "tls-alert-40");

  await addKeyCases(authority, rootEc, [deviceRsa, deviceEc], add);

  // The device's own identity.
  add("a device of another CA, node", nodeAskEc, "handshake-closed", files(deviceOther));
  add("a device of another CA, erlang", erlangAsk, "tls-alert-48", files(deviceOther));
  add("no certificate where one is demanded, erlang", erlangAsk, "tls-alert-40");
  add("another device's key", nodeAskEc, "bad-credentials", {
    ...files(deviceEc),
    key: files(deviceOther).key,
    says: "belong",
  });
  add("a P-384 key", nodeAskEc, "bad-credentials", { ...files(device384), says: "P-256" });
  add("a key that is none", nodeAskEc, "bad-credentials", { ...files(deviceRsa), key: authority.path("ca.cnf") });
  add("a certificate without a key", nodeAskEc, "bad-credentials", { ...files(deviceRsa), key: undefined });
  add("a root that is none", nodeEc, "bad-roots", { roots: [authority.path("ca.cnf")] });
  add("alive after all that", nodeEc, "ok", echo);
  return cases;
}
