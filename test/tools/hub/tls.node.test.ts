/*
 * The hub behind TLS: client certificates made by OpenSSL, good and bad, and shared secrets beside them.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { Hub } from "../../../tools/hub/hub.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { loginHeaders, productKey } from "../../support/hub/desk.js";

describe("desk hub, TLS and client certificates", () => {
  const folder = mkdtempSync(join(tmpdir(), "desk-hub-tls-"));
  const file = (name: string) => join(folder, name);
  const pem = (name: string) => readFileSync(file(name), "utf8");
  let hub: Hub;

  before(async () => {
    authority("ca");
    authority("stranger");
    certificate("hub", "localhost", "ca");
    certificate("device", "cert-01", "ca");
    certificate("foreign", "cert-02", "stranger");
    const tls = { key: pem("hub.key"), cert: pem("hub.pem"), clientCa: pem("ca.pem") };
    hub = new Hub({ product: "nh-demo", keys: [productKey], tls });
    await hub.start();
  });

  after(async () => {
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  function openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  }

  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

  function authority(name: string): void {
    openssl("req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
  }

  function certificate(name: string, commonName: string, ca: string): void {
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${commonName}`);
    writeFileSync(file("extensions"), "authorityKeyIdentifier=keyid\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const signer = ["-CA", `${ca}.pem`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-extfile", "extensions"];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signer);
  }

  /** @returns how the attempt ended: "open", or the error */
  function attempt(client: string | undefined, headers: { [name: string]: string } = {}): Promise<string> {
    const own = client === undefined ? {} : { key: pem(`${client}.key`), cert: pem(`${client}.pem`) };
    const url = `wss://localhost:${hub.port}/socket/websocket?vsn=2.0.0`;
    const socket = new WebSocket(url, { ca: pem("ca.pem"), headers, ...own });
    return new Promise((resolve) => {
      socket.once("open", () => {
        socket.terminate();
        resolve("open");
      });
      socket.once("error", (error) => resolve(error.message));
    });
  }

  it("lets in a certificate of the registered authority, its common name being the identifier", async () => {
    assert.equal(await attempt("device"), "open");
    assert.ok(hub.device("cert-01") !== undefined);
  });

  it("breaks the connection of a certificate from elsewhere, and says why at the desk", async () => {
    assert.ok((await attempt("foreign")) !== "open");
    assert.equal(hub.device("cert-02"), undefined);
    assert.ok(hub.timeline.entries().some(({ text }) => text.startsWith("client certificate refused")));
  });

  it("breaks the connection of a self-signed certificate", async () => {
    assert.ok((await attempt("stranger")) !== "open");
  });

  it("takes a shared secret where there is no certificate", async () => {
    assert.equal(
      await attempt(undefined, loginHeaders("secret-01", Math.floor(Date.now() / 1000) * 1000 - 2000)),
      "open",
    );
    assert.ok(hub.device("secret-01") !== undefined);
  });

  it("refuses, in words, neither certificate nor secret", async () => {
    assert.match(await attempt(undefined), /401/);
  });

  it("prefers the certificate to the secret", async () => {
    assert.equal(await attempt("device", { "x-nh-key": "nonsense" }), "open");
  });
});
