/*
 * What a new user does wrong in the first hour, done on purpose against a real hub on real sockets. Each test is one
 * mistake; it passes only when the message alone says what to change.
 */

import { createServer } from "node:http";
import { NodeClock } from "../../hosts/node/clock.js";
import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/platform/clock.js";
import { ClientCertificate } from "../../src/features/client-certificate/client-certificate.js";
import type { LinkOptions } from "../../src/options.js";
import { Hub } from "../../tools/hub/hub.js";
import { type Identity, Workshop } from "../support/certificates.js";
import { after, afterEach, assert, before, describe, it } from "../support/harness.js";
import { NodeLink, productSecret } from "../support/node-link.js";
import { Listener } from "../support/tcp-listener.js";

const keys = [
  { key: "nhp_desk", secret: productSecret },
  { key: "nhd_desk", secret: productSecret, identifier: "its-own-device" },
];

describe("common mistakes, each told well enough to be mended", () => {
  const workshop = new Workshop();
  let ca: Identity;
  let plain: Hub;
  let secure: Hub;
  let device: NodeLink | undefined;

  before(async () => {
    ca = workshop.make({ isAuthority: true, commonName: "Desk CA" });
    const server = workshop.make({ issuer: ca });
    plain = new Hub({ product: "virtual", keys });
    secure = new Hub({
      product: "virtual",
      keys,
      tls: { key: server.keyPem, cert: server.certificatePem, clientCa: ca.certificatePem },
    });
    await Promise.all([plain.start(), secure.start()]);
  });

  after(async () => {
    await Promise.all([plain.stop(), secure.stop()]);
    workshop.remove();
  });

  afterEach(() => device?.stop());

  /** The first reason that a device with these options gives: "code: sentence". */
  async function told(options: Partial<LinkOptions>): Promise<string> {
    device = new NodeLink({ port: plain.port, ...options }).start();
    const code = await device.firstReason();
    return `${code}: ${device.sentences[0]}`;
  }

  /** What the constructor says. */
  function refused(options: Partial<LinkOptions>): string {
    try {
      new NodeLink(options);
    } catch (error) {
      assert.ok(error instanceof Fault, String(error));
      const { code, message } = error as Fault;
      return `${code}: ${message}`;
    }
    return assert.fail("it was accepted");
  }

  const overTls = (): Partial<LinkOptions> => ({ port: secure.port, ssl: true, roots: [ca.certificatePem] });

  it("item 12: a clock behind, at a hub that takes the device, is contradicted by the hub's Date", async () => {
    const client = workshop.make({ issuer: ca, commonName: "a-day-behind" });
    const auth = new ClientCertificate({ certificate: client.certificatePem, key: client.keyPem });
    for (const [options, behindMs] of [
      [{ port: plain.port }, 70_000],
      [overTls(), 70_000],
      [{ ...overTls(), auth }, 86_400_000],
      [{ ...overTls(), auth }, 0],
    ] as const) {
      let contradictions = 0;
      const clock: Clock = new NodeClock();
      clock.set(Date.now() - behindMs);
      clock.onContradicted = () => {
        contradictions++;
      };
      device = new NodeLink(options, clock).start();
      await device.joined();
      device.stop();
      assert.deepEqual(device.reasons, []);
      assert.equal(contradictions > 0, behindMs > 0);
    }
  });

  it("a good configuration, for comparison, gives no reason to complain", async () => {
    for (const options of [{ port: plain.port }, overTls()]) {
      const link = new NodeLink(options).start();
      await link.joined();
      assert.deepEqual(link.reasons, []);
      link.stop();
    }
  });

  it("the wrong secret", async () => {
    const said = await told({ auth: { productKey: "nhp_desk", productSecret: "not-the-secret-of-this-product" } });
    assert.match(said, /^credentials-refused: .*the secret belongs to it/);
  });

  it("an unknown key", async () => {
    const said = await told({ auth: { productKey: "nhp_other", productSecret } });
    assert.match(said, /^credentials-refused: .*the product key exists and is active/);
  });

  it("a device key with another device's identifier", async () => {
    const said = await told({ auth: { deviceKey: "nhd_desk", deviceSecret: productSecret, identifier: "dev-7" } });
    assert.match(said, /^credentials-refused: .*made for the identifier "dev-7"/);
  });

  for (const [way, hours] of [
    ["behind", -1],
    ["ahead", 1],
  ] as const) {
    it(`a clock that is an hour ${way}: told, and mended without help`, async () => {
      const nowMs = (): number => Date.now() + hours * 3_600_000;
      const clock = { now: nowMs, monotonic: () => performance.now(), set: () => undefined };
      device = new NodeLink({ port: plain.port }, clock).start();
      await device.joined();
      assert.deepEqual(device.reasons, [`clock-${way}`]);
      assert.match(device.sentences[0], /uses the server's time; check SNTP/);
    });
  }

  it("a host that does not exist", async () => {
    const said = await told({ host: "devices.hub-with-a-typo.invalid" });
    assert.match(said, /^(host-not-found|dns-unavailable): The name devices\.hub-with-a-typo\.invalid .*check/);
  });

  it("a host with scheme and path", () => {
    const said = refused({ host: "wss://devices.nervescloud.com/socket" });
    assert.match(said, /^bad-option: Option "host" must be a name without scheme and path/);
  });

  it("a port where nothing listens", async () => {
    const listener = await new Listener(createServer()).start();
    await listener.stop();
    const said = await told({ port: listener.port });
    assert.match(said, /^connection-refused: .*check the port/);
  });

  it("TLS where the server speaks none", async () => {
    assert.match(await told({ ssl: true }), /^not-tls: .*switch TLS off/);
  });

  it("no TLS where the server wants it", async () => {
    const said = await told({ ...overTls(), ssl: false });
    assert.match(said, /^(not-http|bad-request|upgrade-closed|connection-reset): .*(TLS|option ssl)/);
  });

  it("a web site instead of a hub", async () => {
    const site = await new Listener(createServer((_, response) => response.end("<!DOCTYPE html>"))).start();
    const said = await told({ port: site.port });
    await site.stop();
    assert.match(said, /^not-a-hub: Got a web page \(200\) .*check host and port/);
  });

  it("a private CA that the device was not given", async () => {
    const said = await told({ ...overTls(), roots: undefined });
    assert.match(said, /^(unknown-ca|self-signed): .*add (its|that) root certificate to the device/);
  });

  it("a server that is called by another name than its certificate's", async () => {
    const other = workshop.make({ issuer: ca, names: "DNS:hub.example" });
    const hub = new Hub({ product: "virtual", keys, tls: { key: other.keyPem, cert: other.certificatePem } });
    await hub.start();
    const said = await told({ ...overTls(), port: hub.port });
    await hub.stop();
    assert.match(said, /^certificate-name-mismatch: .*check the configured host/);
  });

  it("a client certificate from a CA that the hub does not know", async () => {
    const stranger = workshop.make({ isAuthority: true, commonName: "Strange CA" });
    const { certificatePem, keyPem } = workshop.make({ issuer: stranger, commonName: "dev-1" });
    const said = await told({
      ...overTls(),
      auth: new ClientCertificate({ certificate: certificatePem, key: keyPem }),
    });
    assert.match(said, /^(tls-alert-\d+|upgrade-closed|connection-reset): .*registered at the (server|hub)/);
  });

  it("a self-signed client certificate", async () => {
    const { certificatePem, keyPem } = workshop.make({ commonName: "dev-1" });
    device = new NodeLink({
      ...overTls(),
      auth: new ClientCertificate({ certificate: certificatePem, key: keyPem }),
    }).start();
    await device.firstReason();
    assert.match(
      device.lines.join("\n"),
      /sign it with a CA of yours and register that\. \[own-certificate-self-signed\]/,
    );
  });

  it("the key of another certificate", () => {
    const { certificatePem } = workshop.make({ issuer: ca });
    const { keyPem } = workshop.make({ issuer: ca });
    const said = refused({ ssl: true, auth: new ClientCertificate({ certificate: certificatePem, key: keyPem }) });
    assert.match(said, /^key-mismatch: .*give the key that it was made for/);
  });

  it("a product key in the place of a device key, and a secret in the place of a key", () => {
    assert.match(
      refused({ auth: { deviceKey: "nhp_desk", deviceSecret: productSecret } }),
      /^bad-option: Option "auth\.deviceKey" does not start with "nhd_": copy the key/,
    );
    assert.match(
      refused({ auth: { productKey: productSecret, productSecret: "nhp_desk" } }),
      /^bad-option: Option "auth\.productKey" does not start with "nhp_": copy the key, not its secret/,
    );
  });

  it("a certificate without TLS", () => {
    const { certificatePem, keyPem } = workshop.make({ issuer: ca });
    const said = refused({ ssl: false, auth: new ClientCertificate({ certificate: certificatePem, key: keyPem }) });
    assert.match(said, /^bad-option: .*needs ssl: true/);
  });
});
