/*
 * The cases of keys: servers with every kind of key that the README names, on either curve, and attacks by somebody in
 * between on the second curve.
 */

import { type Authority, files, type Identity } from "./authority.js";
import type { Add } from "./case.js";
import { ecdsaValue, offCurve, parametersOf, properlySigned, resigned, signature, signed } from "./key-exchange.js";
import { type Mangling, mangle, record } from "./mangler.js";
import { erlangServer, nodeServer, opensslServer } from "./servers.js";

const echo: [string, string][] = [["hello\n", "hello\n"]];
const reversed: [string, string][] = [["hello\n", "olleh\n"]];
const secp256r1 = 23;
const secp384r1 = 24;
const serverKeyExchange = 12;
const zero = Buffer.from([0]);
const one = Buffer.from([1]);
/** Order of P-384. */
const order = Buffer.from(
  "00ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  "hex",
);

/** Lets only exchanges on `curve` pass. */
const onlyOn = (curve: number): Mangling => ({
  message: (message) =>
    message.type === serverKeyExchange && message.body.readUInt16BE(1) !== curve
      ? [record(21, Buffer.from([2, 80]))]
      : [message],
});

/** Lets only exchanges pass that are signed with these numbers (RFC 5246 §7.4.1.4.1). */
const onlySigned = (hash: number, algorithm: number): Mangling => ({
  message: (message) => {
    const at = 4 + message.body[3];
    const other = message.body[at] !== hash || message.body[at + 1] !== algorithm;
    return message.type === serverKeyExchange && other ? [record(21, Buffer.from([2, 80]))] : [message];
  },
});

/** @param root of P-256 */
export async function addKeyCases(authority: Authority, root: Identity, devices: Identity[], add: Add): Promise<void> {
  const root384 = authority.root("root-p384", "p384", "sha384");
  const middle384 = authority.intermediate("middle-p384", "p384", root384, { hash: "sha384" });
  const direct = authority.server("server-p384", "p384", root);
  const all = authority.server("server-p384-all", "p384", middle384, { hash: "sha384" });
  const p256 = authority.server("server-p256-below-p384", "p256", middle384, { hash: "sha384" });
  const roots = [root.der, root384.der];

  // Keys on P-384, all by themselves and in whole chains.
  for (const [name, identity] of [
    ["P-384 server below a P-256 root", direct],
    ["P-384 server, intermediate and root", all],
    ["P-256 server below two P-384 CAs that sign with SHA-384", p256],
  ] as const) {
    add(`node: ${name}`, await nodeServer(identity), "ok", { roots, talk: echo });
    add(`openssl: ${name}`, await opensslServer(identity), "ok", { roots, talk: reversed });
    add(`erlang: ${name}`, await erlangServer(identity), "ok", { roots, talk: echo });
  }
  for (const [hash, name] of [
    [4, "SHA256"],
    [5, "SHA384"],
    [6, "SHA512"],
  ] as const) {
    const server = await opensslServer(direct, "-sigalgs", `ECDSA+${name}`);
    const watched = await mangle(server, onlySigned(hash, 3));
    add(`openssl: P-384 server that signs its key exchange with ${name}`, watched, "ok", { roots, talk: reversed });
  }
  const caFile = ["-CAfile", authority.path("root-device.pem"), "-Verify", "2", "-verify_return_error"];
  const asking = await opensslServer(all, ...caFile);
  for (const device of devices)
    add(`openssl: ${device.name}, P-384 server`, asking, "ok", { roots, ...files(device), talk: reversed });
  const resuming = await nodeServer(all);
  add("node: P-384 server, a session is made", resuming, "ok", { roots, talk: [["resumed?\n", "false\n"]] });
  add("node: P-384 server, a session is resumed", resuming, "ok", { roots, talk: [["resumed?\n", "true\n"]] });

  // P-256 comes first, and the exchange is on P-384 only where the server wants it.
  for (const [name, port, talk] of [
    ["node", await nodeServer(all), echo],
    ["openssl", await opensslServer(all), reversed],
    ["erlang", await erlangServer(all), echo],
  ] as const)
    add(`${name}: P-384 server, and the exchange stays on P-256`, await mangle(port, onlyOn(secp256r1)), "ok", {
      roots,
      talk: [...talk],
    });
  const rsa = authority.server("server-rsa-exchange", "rsa", root);
  for (const [name, identity] of [
    ["P-384", all],
    ["P-256", p256],
    ["RSA", rsa],
  ] as const) {
    const servers: [string, number, [string, string][]][] = [
      ["node", await nodeServer(identity, { ecdhCurve: "P-384" }), echo],
      ["openssl", await opensslServer(identity, "-curves", "P-384"), reversed],
    ];
    for (const [server, port, talk] of servers)
      add(`${server}: ${name} server, exchange on P-384`, await mangle(port, onlyOn(secp384r1)), "ok", { roots, talk });
  }

  // RSA of the sizes that there are.
  for (const rsaBits of [3072, 4096]) {
    const identity = authority.server(`server-rsa-${rsaBits}`, "rsa", root, { rsaBits });
    add(`node: RSA-${rsaBits} server`, await nodeServer(identity), "ok", { roots, talk: echo });
  }
  const long = authority.server("server-rsa-long", "rsa", root, { rsaBits: 4104 });
  add("an RSA key of 4104 bits", await nodeServer(long), "certificate-unsupported", { roots, says: "4104" });
  const p521 = authority.server("server-p521", "p521", root);
  add("a P-521 key", await nodeServer(p521), "tls-alert-40", { roots });
  add("an exchange on P-521 only", await nodeServer(direct, { ecdhCurve: "P-521" }), "tls-alert-40", { roots });
  add("an exchange on X25519 only", await nodeServer(direct, { ecdhCurve: "X25519" }), "tls-alert-40", { roots });

  // Somebody in between, with a P-384 key and an exchange on P-384.
  const port384 = await nodeServer(direct, { ecdhCurve: "P-384" });
  const bad = async (name: string, mangling: Mangling): Promise<void> =>
    add(`key exchange, P-384: ${name}`, await mangle(port384, mangling), "bad-key-exchange", { roots });
  for (const [name, r, s] of [
    ["s = 0", one, zero],
    ["r = 0", zero, one],
    ["s = n", one, order],
    ["r = n", order, one],
    ["r = s = 1", one, one],
  ] as const)
    await bad(
      name,
      resigned((p) => Buffer.concat([p, signature(5, 3, ecdsaValue(r, s))])),
    );
  const p256Key = authority.server("server-other-key", "p256", root).key;
  await bad(
    "signed with a P-256 key",
    resigned((p, r) => Buffer.concat([p, signature(4, 3, signed(p256Key, p, r))])),
  );
  await bad(
    "another hash than is named",
    resigned((p, r) => Buffer.concat([p, signature(5, 3, signed(direct.key, p, r, "sha256"))])),
  );
  await bad(
    "a hash that was not offered",
    resigned((p, r) => Buffer.concat([p, signature(3, 3, signed(direct.key, p, r, "sha224"))])),
  );
  const pointOf = (parameters: Buffer): Buffer => parameters.subarray(4);
  const own: [string, (parameters: Buffer) => Buffer][] = [
    ["a point that is not on the curve", offCurve],
    ["a point of zeros", () => parametersOf(secp384r1, Buffer.concat([Buffer.from([4]), Buffer.alloc(96)]))],
    [
      "numbers beyond the field",
      () => parametersOf(secp384r1, Buffer.concat([Buffer.from([4]), Buffer.alloc(96, 0xff)])),
    ],
    ["the point at infinity", () => parametersOf(secp384r1, zero)],
    ["no point", () => parametersOf(secp384r1, Buffer.alloc(0))],
    [
      "a compressed point",
      (p) =>
        parametersOf(secp384r1, Buffer.concat([Buffer.from([2 + (p[p.length - 1] & 1)]), pointOf(p).subarray(1, 49)])),
    ],
    [
      "a point in hybrid form",
      (p) => parametersOf(secp384r1, Buffer.concat([Buffer.from([6 + (p[p.length - 1] & 1)]), pointOf(p).subarray(1)])),
    ],
    ["a point that is one byte short", (p) => parametersOf(secp384r1, pointOf(p).subarray(0, 96))],
    ["a point that is one byte long", (p) => parametersOf(secp384r1, Buffer.concat([pointOf(p), zero]))],
    ["a P-384 point named P-256", (p) => parametersOf(secp256r1, pointOf(p))],
    ["the first 65 bytes of it named P-256", (p) => parametersOf(secp256r1, pointOf(p).subarray(0, 65))],
    ["named P-521", (p) => parametersOf(25, pointOf(p))],
    ["named X25519", (p) => parametersOf(29, pointOf(p).subarray(0, 32))],
    ["a curve of the server's own", (p) => Buffer.concat([one, p.subarray(1)])],
  ];
  for (const [name, make] of own) await bad(`${name}, properly signed`, properlySigned(direct.key, make));
  const p256Exchange = await nodeServer(direct, { ecdhCurve: "P-256" });
  add(
    "key exchange: a P-256 point named P-384, properly signed",
    await mangle(
      p256Exchange,
      properlySigned(direct.key, (p) => parametersOf(secp384r1, pointOf(p))),
    ),
    "bad-key-exchange",
    { roots },
  );

  // A signature that the root's curve cannot have made.
  const forged = authority.issue({
    name: "forger-p384",
    subject: "root-ec",
    kind: "p384",
    extensions: ["basicConstraints = critical, CA:TRUE", `subjectKeyIdentifier = ${authority.keyIdentifier(root)}`],
  });
  const below = authority.server("server-forged-p384", "p384", forged);
  add("signed by a P-384 CA that only has the root's name", await nodeServer(below), "bad-certificate-signature", {
    roots,
  });
}
