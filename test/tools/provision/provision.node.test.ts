import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TwoCopies } from "../../../hosts/esp32/two-copies.js";
import { ClientCertificate } from "../../../src/features/client-certificate/client-certificate.js";
import { Hub } from "../../../tools/hub/hub.js";
import { makeCertificate } from "../../../tools/provision/certificate.js";
import { readOptions, UsageError } from "../../../tools/provision/options.js";
import { type Identity, Workshop } from "../../support/certificates.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { NodeLink } from "../../support/node-link.js";

const program = fileURLToPath(new URL("../../../tools/provision/main.js", import.meta.url));
const secret = "the-secret-of-the-product-0123456789abcdefg";

describe("provision", () => {
  const workshop = new Workshop();
  const folder = mkdtempSync(join(tmpdir(), "provision-"));
  const file = (name: string): string => join(folder, name);
  let ca: Identity;

  before(() => {
    ca = workshop.make({ isAuthority: true, commonName: "Device CA", to: 400 });
    writeFileSync(file("ca.pem"), ca.certificatePem);
    writeFileSync(file("ca.key"), ca.keyPem);
    execFileSync("openssl", [
      "pkcs8",
      "-topk8",
      "-in",
      file("ca.key"),
      "-passout",
      "pass:open",
      "-out",
      file("ca-locked.key"),
    ]);
  });

  after(() => {
    workshop.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** No generator here on purpose: what it makes of the CSV is for the interop suite. */
  function provision(args: string[], env: Record<string, string> = {}): { status: number; text: string } {
    const all = [program, ...args, "--out", folder, "--host", "hub.example", "--python", "no-such-python"];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    });
    return { status: status ?? -1, text: stdout + stderr };
  }

  const byCa = (key = "ca.key"): string[] => ["--ca-cert", file("ca.pem"), "--ca-key", file(key)];

  /** The settings as the device's store reads them. */
  function settings(identifier: string): Map<string, Uint8Array> {
    const cells = new Map<string, Uint8Array>();
    const [header, namespace, ...rows] = readFileSync(file(`${identifier}.nvs.csv`), "utf8")
      .trim()
      .split("\n");
    assert.equal(header, "key,type,encoding,value");
    assert.equal(namespace, "nerveshub,namespace,,");
    for (const row of rows) {
      const [name, type, encoding, value] = row.split(",");
      assert.deepEqual([type, encoding], ["data", "hex2bin"]);
      assert.ok(name.length <= 15);
      cells.set(name, new Uint8Array(Buffer.from(value, "hex")));
    }
    const store = new TwoCopies({ get: (name) => cells.get(name), set: () => undefined, delete: () => undefined });
    const names = [...cells.keys()].map((name) => name.slice(0, -2));
    return new Map(names.map((name) => [name, store.get(name)!]));
  }

  for (const [kind, args] of [
    ["P-256", []],
    ["RSA", ["--rsa"]],
  ] as const) {
    it(`makes a key and a certificate on ${kind} that OpenSSL verifies and the agent takes without a warning`, () => {
      const name = `device-${kind}`;
      const { status, text } = provision([name, ...byCa(), ...args]);
      assert.equal(status, 0, text);
      const verified = spawnSync("openssl", ["verify", "-CAfile", file("ca.pem"), file(`${name}.cert.pem`)]);
      assert.equal(verified.status, 0, String(verified.stderr));
      const [certificate, key] = ["cert", "key"].map((part) => readFileSync(file(`${name}.${part}.pem`), "utf8"));
      const credentials = new ClientCertificate({ certificate, key });
      credentials.check();
      assert.deepEqual(credentials.warnings(Date.now()), []);
      const identity = credentials.identity();
      assert.equal(statSync(file(`${name}.key.pem`)).mode & 0o777, 0o600);
      assert.equal(statSync(file(`${name}.nvs.csv`)).mode & 0o777, 0o600);
      const stored = settings(name);
      assert.deepEqual(stored.get("cert"), identity.certificate![0]);
      assert.deepEqual(stored.get("cert-key"), identity.key);
      assert.equal(Buffer.from(stored.get("identifier")!).toString(), name);
      assert.equal(Buffer.from(stored.get("host")!).toString(), "hub.example");
    });
  }

  it("makes what a hub that trusts the CA lets in under its identifier", async () => {
    const authority = { certificatePem: ca.certificatePem, keyPem: ca.keyPem, passphrase: undefined };
    const made = await makeCertificate("made-here", authority, { rsa: false, days: 10 });
    const server = workshop.make({ issuer: ca });
    const tls = { key: server.keyPem, cert: server.certificatePem, clientCa: ca.certificatePem };
    const hub = new Hub({ product: "virtual", keys: [], tls });
    await hub.start();
    const auth = new ClientCertificate({ certificate: made.certificatePem, key: made.keyPem });
    const device = new NodeLink({ port: hub.port, ssl: true, roots: [ca.certificatePem], auth }).start();
    await device.joined();
    assert.ok(hub.device("made-here") !== undefined);
    device.stop();
    await hub.stop();
  });

  it("lets no certificate outlive its CA", async () => {
    const authority = { certificatePem: ca.certificatePem, keyPem: ca.keyPem, passphrase: undefined };
    const { notAfter } = await makeCertificate("short", authority, { rsa: false, days: 36_500 });
    assert.ok(notAfter.getTime() < Date.now() + 401 * 86_400_000);
  });

  it("opens a locked CA key with the pass phrase from the environment, and says when it is missing", () => {
    assert.equal(provision(["locked", ...byCa("ca-locked.key")], { NERVESHUB_CA_PASSPHRASE: "open" }).status, 0);
    const { status, text } = provision(["locked-2", ...byCa("ca-locked.key")]);
    assert.equal(status, 1);
    assert.match(text, /its pass phrase goes into NERVESHUB_CA_PASSPHRASE/);
  });

  it("refuses a CA whose key is another's, and one that is none", () => {
    const other = workshop.make({ issuer: ca });
    writeFileSync(file("leaf.pem"), other.certificatePem);
    writeFileSync(file("leaf.key"), other.keyPem);
    const mixed = provision(["mixed", "--ca-cert", file("ca.pem"), "--ca-key", file("leaf.key")]);
    assert.equal(mixed.status, 1);
    assert.match(mixed.text, /The CA's key does not belong to its certificate/);
    const leaf = provision(["leaf", "--ca-cert", file("leaf.pem"), "--ca-key", file("leaf.key")]);
    assert.match(leaf.text, /given as CA is none/);
    assert.ok(!existsSync(file("leaf.nvs.csv")));
  });

  it("stores a shared secret, from the environment only, and prints none of it", () => {
    const args = ["secret-1", "--product-key", "nhp_x", "--no-ssl", "--port", "4000", "--wifi-ssid", "desk"];
    const env = { NERVESHUB_PRODUCT_SECRET: secret, NERVESHUB_WIFI_PASSWORD: "wifi-password" };
    const { status, text } = provision(args, env);
    assert.equal(status, 0, text);
    assert.ok(!text.includes(secret) && !text.includes("wifi-password"));
    const texts = [...settings("secret-1")].map(([name, value]) => `${name}=${Buffer.from(value).toString()}`).sort();
    assert.deepEqual(texts, [
      "host=hub.example",
      "identifier=secret-1",
      "port=4000",
      "shared-key=nhp_x",
      `shared-secret=${secret}`,
      "ssl=false",
      "wifi-password=wifi-password",
      "wifi-ssid=desk",
    ]);
    assert.match(provision(["secret-2", "--product-key", "nhp_x"]).text, /put it into NERVESHUB_PRODUCT_SECRET/);
  });

  it("writes only names that src/app-settings.ts reads", () => {
    const main = readFileSync(fileURLToPath(new URL("../../../../src/app-settings.ts", import.meta.url)), "utf8");
    for (const name of [...settings("device-P-256").keys(), ...settings("secret-1").keys()])
      assert.ok(main.includes(`"${name}"`), name);
  });

  it("7: stores that updates are wanted without rollback or watchdog", () => {
    const args = ["unprotected-1", "--product-key", "nhp_x", "--unprotected"];
    assert.equal(provision(args, { NERVESHUB_PRODUCT_SECRET: secret }).status, 0);
    assert.equal(Buffer.from(settings("unprotected-1").get("unprotected")!).toString(), "true");
  });

  it("writes over nothing unless it is told to", () => {
    assert.equal(provision(["device-P-256", ...byCa()]).status, 1);
    assert.equal(provision(["device-P-256", ...byCa(), "--force"]).status, 0);
  });

  it("ends with 2 and the usage for wrong arguments, with 0 for help", () => {
    const { status, text } = provision(["no-way-to-log-in"]);
    assert.equal(status, 2);
    assert.match(text, /Give one of --ca-cert .*\n\nUsage: nerveshub-provision/);
    assert.equal(provision(["--help"]).status, 0);
    const rest = ["--out", "x", "--host", "hub.example"];
    for (const args of [
      [],
      ["a b", ...byCa()],
      ["x", "--ca-cert", "y"],
      ["x", ...byCa(), "--days", "0"],
      ["x", "--ca-pass", "y"],
    ])
      assert.throws(
        () => readOptions([...args, ...rest]),
        (error) => error instanceof UsageError,
      );
  });
});
