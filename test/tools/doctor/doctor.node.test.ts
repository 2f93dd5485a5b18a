import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPrintable } from "../../../modules/text/printable.js";
import { ClientCertificate } from "../../../src/features/client-certificate/client-certificate.js";
import { Examination } from "../../../tools/doctor/examination.js";
import { type DoctorOptions, readOptions } from "../../../tools/doctor/options.js";
import { Hub } from "../../../tools/hub/hub.js";
import { type Identity, Workshop } from "../../support/certificates.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { Listener } from "../../support/tcp-listener.js";

const secret = "the-secret-of-the-product-0123456789abcdefg";
const keys = [{ key: "nhp_desk", secret }];
const auth = { productKey: "nhp_desk", productSecret: secret, identifier: "doctor" };

describe("doctor", () => {
  const workshop = new Workshop();
  let ca: Identity;
  let plain: Hub;
  let secure: Hub;

  before(async () => {
    ca = workshop.make({ isAuthority: true, commonName: "Desk CA" });
    const server = workshop.make({ issuer: ca });
    plain = new Hub({ product: "virtual", keys });
    const tls = { key: server.keyPem, cert: server.certificatePem, clientCa: ca.certificatePem };
    secure = new Hub({ product: "virtual", keys, tls });
    await Promise.all([plain.start(), secure.start()]);
  });

  after(async () => {
    await Promise.all([plain.stop(), secure.stop()]);
    workshop.remove();
  });

  async function examine(
    link: Partial<DoctorOptions["link"]>,
    skewMs = 0,
  ): Promise<{ lines: string[]; problems: number }> {
    const lines: string[] = [];
    const clock = { now: () => Date.now() + skewMs, monotonic: () => performance.now(), set: () => undefined };
    const options = { link: { host: "127.0.0.1", auth, ...link }, join: undefined, verbose: true };
    const examination = new Examination(options, clock, (line) => lines.push(line));
    await examination.run();
    assert.ok(!lines.join("\n").includes(secret), "no secret is printed");
    return { lines, problems: examination.problems };
  }

  /** What was found; what the doctor says about itself before it does it is none of that. */
  const find = (lines: string[], what: string): string =>
    lines.find((line) => line.slice(7).startsWith(what) && !line.includes("takes the place of")) ?? "";
  const overTls = () => ({ host: "localhost", port: secure.port, roots: [ca.certificatePem] });

  it("finds nothing wrong with a good hub, plain and by TLS, by secret and by certificate", async () => {
    const device = workshop.make({ issuer: ca, commonName: "dev-1" });
    const certificate = new ClientCertificate({ certificate: device.certificatePem, key: device.keyPem });
    for (const link of [{ port: plain.port, ssl: false }, overTls(), { ...overTls(), auth: certificate }]) {
      const { lines, problems } = await examine(link);
      assert.equal(problems, 0, lines.join("\n"));
      assert.equal(
        lines.find((line) => line.startsWith("ok     login")),
        "ok     login: accepted",
      );
      assert.match(find(lines, "join"), /^note {3}join: not tried/);
    }
  });

  it("shows the chain and the root that verifies it", async () => {
    const { lines } = await examine(overTls());
    assert.match(find(lines, "TLS"), /TLSv1\.2, .*AES_128_GCM/);
    assert.match(lines.join("\n"), /1\. "localhost", EC prime256v1, until \d{4}-\d\d-\d\d, issued by "Desk CA"/);
    assert.match(find(lines, "trust"), /verifies it with root "Desk CA", key identifier [0-9a-f]{40}, given with --ca/);
  });

  it("finds nothing wrong with a P-384 key, and what a CA may not issue it says as the device would", async () => {
    const p384 = workshop.make({ issuer: ca, algorithm: "P-384" });
    const middle = (extensions: string): Identity =>
      workshop.make({ issuer: ca, isAuthority: true, commonName: "Middle CA", extensions });
    for (const [issuer, expected] of [
      [undefined, /^ok .*verifies it with root "Desk CA"/],
      [middle("extendedKeyUsage=clientAuth"), /"Middle CA" as an issuer, but its extendedKeyUsage.*\[issuer-not-ca\]/],
      [
        middle("nameConstraints=permitted;DNS:elsewhere.example"),
        /name constraints of "Middle CA" do not permit.*\[certificate-name-not-permitted\]/,
      ],
    ] as const) {
      const server = issuer ? workshop.make({ issuer }) : p384;
      const cert = server.certificatePem + (issuer?.certificatePem ?? "");
      const hub = new Hub({ product: "virtual", keys, tls: { key: server.keyPem, cert } });
      await hub.start();
      const { lines } = await examine({ ...overTls(), port: hub.port });
      await hub.stop();
      assert.match(find(lines, "TLS"), /^ok .*TLSv1\.2/);
      assert.match(find(lines, "trust"), expected);
    }
  });

  it("says when the agent has not the root", async () => {
    const { lines, problems } = await examine({ ...overTls(), roots: undefined, auth: undefined });
    assert.equal(problems, 1);
    assert.match(
      find(lines, "trust"),
      /lead to "Desk CA" \(key identifier [0-9a-f]{40}\), which is not trusted.*\[unknown-ca\]/,
    );
  });

  it("says how far the clock is off", async () => {
    const { lines, problems } = await examine({ port: plain.port, ssl: false }, 3_600_000);
    assert.equal(problems, 2);
    assert.match(find(lines, "clock"), /(3599|3600|3601) s ahead of the server: .*SNTP/);
    assert.match(find(lines, "login"), /\[clock-ahead\]/);
  });

  it("tells a refused login by its reason", async () => {
    const wrong = { ...auth, productSecret: "not-the-secret-of-this-product" };
    const { lines, problems } = await examine({ port: plain.port, ssl: false, auth: wrong });
    assert.equal(problems, 1);
    assert.match(find(lines, "login"), /the secret belongs to it.*\[credentials-refused\]/);
  });

  it("tells options that do not fit together, and still looks at the server", async () => {
    const [one, other] = [workshop.make({ issuer: ca }), workshop.make({ issuer: ca })];
    const mixed = new ClientCertificate({ certificate: one.certificatePem, key: other.keyPem });
    const { lines, problems } = await examine({ ...overTls(), auth: mixed });
    assert.equal(problems, 1);
    assert.match(find(lines, "options"), /\[key-mismatch\]/);
    assert.match(find(lines, "trust"), /verifies it/);
  });

  it("control characters: shows what a server says instead of obeying it", async () => {
    const hostile = "\u001b[2J\u009b2J\u202e";
    const server = createServer((_request, response) => response.end());
    server.on("upgrade", (_request, socket) =>
      socket.end(`HTTP/1.1 400 Bad\r\ncontent-length: ${Buffer.byteLength(hostile)}\r\n\r\n${hostile}`),
    );
    const listener = await new Listener(server).start();
    const { lines } = await examine({ port: listener.port, ssl: false });
    await listener.stop();
    for (const line of lines) assert.ok(isPrintable(line), JSON.stringify(line));
    assert.match(find(lines, "login"), /\(400\) \("\\u001b\[2J\\u009b2J\\u202e"\)/);
  });

  it("tells a port without TLS, and one where nobody listens", async () => {
    const { lines } = await examine({ port: plain.port, auth: undefined });
    assert.match(find(lines, "TLS"), /does not speak TLS; .*\[not-tls\]/);
    const listener = await new Listener(createServer()).start();
    await listener.stop();
    const gone = await examine({ port: listener.port, ssl: false });
    assert.match(find(gone.lines, "login"), /\[connection-refused\]/);
  });
});

describe("doctor: command line", () => {
  it("takes a host, and the secret from nowhere but the environment", () => {
    process.env["NERVESHUB_PRODUCT_SECRET"] = secret;
    const options = readOptions(["hub.example", "--product-key", "nhp_x", "--port", "8443"]);
    delete process.env["NERVESHUB_PRODUCT_SECRET"];
    assert.equal(options?.link.host, "hub.example");
    assert.equal(options?.link.port, 8443);
    assert.throws(
      () => readOptions(["hub.example", "--product-key", "nhp_x"]),
      ({ message }) => message.includes("NERVESHUB_PRODUCT_SECRET"),
    );
    assert.throws(
      () => readOptions(["hub.example", "--product-secret", "x"]),
      ({ message }) => message.includes("--product-secret"),
    );
  });

  it("gives help, and wants a host", () => {
    assert.equal(readOptions(["--help"]), undefined);
    assert.throws(
      () => readOptions([]),
      ({ message }) => message === "One HOST is needed, 0 were given.",
    );
  });

  it("refuses a port and roots that are none, in a sentence", () => {
    const folder = mkdtempSync(join(tmpdir(), "doctor-options-"));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const says =
      (option: string) =>
      ({ message }: Error) =>
        message.startsWith(`Option "${option}" `);
    const keyPem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    const garbage = file("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const path of [garbage, file("key.pem", keyPem), file("empty.pem", "")])
      assert.throws(() => readOptions(["hub.example", "--no-login", "--ca", path]), says("roots"));
    for (const port of ["abc", "0", "65536", "1.5", ""])
      assert.throws(() => readOptions(["hub.example", "--no-login", "--port", port]), says("port"));
    rmSync(folder, { recursive: true });
  });
});
