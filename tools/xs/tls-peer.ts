/*
 * The other end for suites on XS that need a TLS connection: a server on loopback that sends everything back, with a
 * certificate of its own that a suite trusts. How TLS itself is judged is `npm run test:tls`'s to say.
 */

import { webcrypto } from "node:crypto";
import { createServer, type Server } from "node:tls";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

/** @returns its port, and its certificate as the hexadecimal of DER; its name is "localhost" */
export async function startTlsPeer(): Promise<{ port: number; certificate: string; server: Server }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
  const server = createServer({ key, cert: certificate.toString("pem") }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ port, certificate: Buffer.from(certificate.rawData).toString("hex"), server });
    });
  });
}
