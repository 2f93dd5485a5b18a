import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { SecureOptions } from "../../../modules/platform/byte-stream.js";
import { type Identity, type Wish, Workshop } from "../../support/certificates.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { StreamProbe } from "../../support/stream-probe.js";
import { Listener } from "../../support/tcp-listener.js";

/** Connects to a TLS server with `identity` and returns what happened, after the server's greeting or the failure. */
async function connect(
  identity: Identity,
  secure: SecureOptions,
  options: TlsOptions & { host?: string; onSecure?(socket: TLSSocket): void } = {},
): Promise<StreamProbe> {
  const { host = "localhost", onSecure, ...tls } = options;
  const server = createServer({ cert: identity.certificatePem, key: identity.keyPem, ...tls }, (socket) => {
    onSecure?.(socket);
    socket.end("hello");
  });
  server.on("tlsClientError", () => undefined);
  const listener = await new Listener(server).start();
  try {
    const probe = new StreamProbe({ host, port: listener.port, secure });
    await probe.ended();
    return probe;
  } finally {
    await listener.stop();
  }
}

/** `openssl s_server` that insists on a client certificate below `authority`. */
class OpensslServer {
  readonly #process: ChildProcess;

  constructor(workshop: Workshop, identity: Identity, authority: Identity, version: string) {
    this.#process = spawn(
      "openssl",
      [
        ...["s_server", "-accept", "127.0.0.1:0", `-${version}`, "-Verify", "1", "-verify_return_error"],
        ...["-cert", workshop.file(identity.certificatePem), "-key", workshop.file(identity.keyPem)],
        ...["-CAfile", workshop.file(authority.certificatePem)],
      ],
      { stdio: ["pipe", "pipe", "ignore"] },
    );
  }

  /** Waits for "ACCEPT 127.0.0.1:12345". */
  async port(): Promise<number> {
    let text = "";
    for await (const piece of this.#process.stdout!) {
      text += piece;
      const found = /^ACCEPT .*:(\d+)\n/m.exec(text);
      if (found) return Number(found[1]);
    }
    throw new Error(`openssl s_server did not start: ${text}`);
  }

  stop(): void {
    this.#process.kill();
  }
}

describe("Node network: TLS", () => {
  const workshop = new Workshop();
  let authority: Identity;
  let other: Identity;
  let good: Identity;
  let device: Identity;

  before(() => {
    authority = workshop.make({ commonName: "Test Root", isAuthority: true });
    other = workshop.make({ commonName: "Other Root", isAuthority: true });
    good = workshop.make({ issuer: authority });
    device = workshop.make({ commonName: "device-1", issuer: authority });
  });
  after(() => workshop.remove());

  const signed = (wish: Wish): Identity => workshop.make({ issuer: authority, ...wish });
  const roots = (): SecureOptions => ({ roots: [authority.certificate] });

  it("opens when the certificate is good, by name and by address, with P-256, P-384 and RSA", async () => {
    for (const identity of [good, signed({ algorithm: "P-384" }), signed({ algorithm: "RSA" })]) {
      for (const host of ["localhost", "127.0.0.1"]) {
        const probe = await connect(identity, roots(), { host });
        assert.equal(probe.seen[0], "open");
        assert.equal(probe.received.toString(), "hello");
        assert.equal(probe.fault, undefined);
      }
    }
  });

  it("speaks TLS 1.2 and 1.3, and nothing older", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const probe = await connect(good, roots(), { minVersion: version, maxVersion: version });
      assert.equal(probe.seen[0], "open");
    }
    const old = await connect(good, roots(), { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" });
    assert.equal(old.fault?.stage, "tls");
    assert.ok(["tls-version", "tls-alert-70"].includes(old.fault?.code ?? ""), old.fault?.code);
  });

  it("sends the name as SNI and offers no ALPN", async () => {
    let socket: TLSSocket | undefined;
    await connect(
      signed({ names: "DNS:inner.example" }),
      { ...roots(), serverName: "inner.example" },
      {
        ALPNProtocols: ["h2", "http/1.1"],
        onSecure: (each) => {
          socket = each;
        },
      },
    );
    assert.equal((socket as unknown as { servername: string }).servername, "inner.example");
    assert.equal(socket?.alpnProtocol, false);
  });

  it("sends no address as SNI, and a name as RFC 6066 wants it", async () => {
    const heard = async (serverName: string): Promise<unknown> => {
      let name: unknown = "nothing heard";
      const probe = await connect(
        signed({ names: "DNS:inner.example,IP:192.0.2.1,IP:2001:db8::1" }),
        { ...roots(), serverName },
        {
          onSecure: (each) => {
            name = (each as unknown as { servername: unknown }).servername;
          },
        },
      );
      assert.equal(probe.seen[0], "open", serverName);
      return name;
    };
    assert.equal(await heard("192.0.2.1"), false);
    assert.equal(await heard("2001:DB8::1"), false);
    assert.equal(await heard("INNER.Example."), "inner.example");
  });

  it("refuses what CAs issue that are not for servers, or not for that name", async () => {
    for (const [extensions, opens] of [
      ["extendedKeyUsage=clientAuth", false],
      ["extendedKeyUsage=serverAuth", true],
      ["nameConstraints=permitted;DNS:elsewhere.example", false],
      ["nameConstraints=excluded;DNS:localhost", false],
      ["nameConstraints=critical,permitted;DNS:localhost", true],
    ] as const) {
      const middle = signed({ commonName: "Middle", isAuthority: true, extensions });
      const leaf = workshop.make({ issuer: middle });
      const probe = await connect(leaf, roots(), { cert: leaf.certificatePem + middle.certificatePem });
      assert.equal(probe.seen[0], opens ? "open" : "close certificate-rejected", extensions);
      if (extensions.startsWith("name") && !opens) assert.match(probe.fault!.message, /subtree violation/);
    }
  });

  it("shows the device's certificate, with a P-256 and with an RSA key", async () => {
    for (const identity of [device, signed({ commonName: "device-1", algorithm: "RSA" })]) {
      let name: string | undefined;
      const probe = await connect(
        good,
        { ...roots(), certificate: [identity.certificate], key: identity.key },
        {
          requestCert: true,
          ca: authority.certificatePem,
          onSecure: (socket) => {
            name = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined;
          },
        },
      );
      assert.equal(probe.seen[0], "open");
      assert.equal(name, "device-1");
    }
  });

  const refusals: [code: string, make: () => Identity, secure?: () => SecureOptions][] = [
    ["certificate-expired", () => signed({ from: -10, to: -1 })],
    ["certificate-not-yet-valid", () => signed({ from: 1, to: 10 })],
    ["certificate-name-mismatch", () => signed({ names: "DNS:elsewhere.example" })],
    [
      "certificate-name-mismatch",
      () => signed({ names: "DNS:localhost" }),
      () => ({ ...roots(), serverName: "127.0.0.1" }),
    ],
    ["unknown-ca", () => good, () => ({ roots: [other.certificate] })],
    ["unknown-ca", () => good, () => ({})],
    ["self-signed", () => workshop.make()],
    ["certificate-rejected", () => workshop.make({ issuer: device }), () => ({ roots: [authority.certificate] })],
  ];

  for (const [index, [code, make, secure = roots]] of refusals.entries()) {
    it(`${code}: such a server is refused before it opens (${index + 1})`, async () => {
      const identity = make();
      const chain = code === "certificate-rejected" ? { cert: identity.certificatePem + device.certificatePem } : {};
      const probe = await connect(identity, secure(), chain);
      assert.deepEqual(probe.seen, [`close ${code}`]);
      assert.equal(probe.fault?.stage, "tls");
      assert.match(probe.fault!.message, /localhost|127\.0\.0\.1/);
    });
  }

  for (const version of ["tls1_2", "tls1_3"]) {
    it(`an alert of OpenSSL's server about the client certificate is told by its number, with ${version}`, async () => {
      const foreign = workshop.make({ commonName: "device-1", issuer: other });
      const shown = { ...roots(), certificate: [foreign.certificate], key: foreign.key };
      const server = new OpensslServer(workshop, good, authority, version);
      try {
        const port = await server.port();
        const refused = new StreamProbe({ host: "localhost", port, secure: shown });
        await refused.ended();
        assert.equal(refused.seen.at(-1), "close tls-alert-48");
        assert.equal(refused.fault?.stage, "tls");
        const absent = new StreamProbe({ host: "localhost", port, secure: roots() });
        await absent.ended();
        assert.equal(absent.seen.at(-1), version === "tls1_2" ? "close tls-alert-40" : "close tls-alert-116");
      } finally {
        server.stop();
      }
    });
  }

  it("an alert of the server is told by its number: no cipher suite in common", async () => {
    const probe = await connect(good, roots(), { ciphers: "AES128-SHA", maxVersion: "TLSv1.2" });
    assert.deepEqual(probe.seen, ["close tls-alert-40"]);
  });

  it("a key of another certificate is told, after open has returned", async () => {
    const probe = await connect(good, { ...roots(), certificate: [device.certificate], key: good.key });
    assert.deepEqual(probe.seen, ["close bad-credentials"]);
  });

  it("a certificate, key or root that is not DER is told", async () => {
    const junk = new Uint8Array([1, 2, 3]);
    for (const [secure, code] of [
      [{ certificate: [junk], key: device.key }, "bad-credentials"],
      [{ certificate: [device.certificate], key: junk }, "bad-credentials"],
      [{ roots: [junk] }, "bad-roots"],
    ] as [SecureOptions, string][]) {
      const probe = await connect(good, { ...roots(), ...secure });
      assert.deepEqual(probe.seen, [`close ${code}`]);
    }
  });
});
