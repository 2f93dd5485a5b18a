/*
 * A TLS handshake as the agent on a device makes it: TLS 1.2, ECDHE on P-256 or P-384 with AES-128-GCM, SHA-2
 * signatures. Node verifies nothing here; the chain is handed on for the agent's own judgement.
 */

import { type ConnectionOptions, connect, type DetailedPeerCertificate } from "node:tls";
import { sniName } from "../../modules/x509/server-name.js";

export interface Handshake {
  /** "TLSv1.2" */
  protocol: string;
  /** As OpenSSL names it. */
  cipher: string;
  /** As the server sent it, DER. */
  chain: Uint8Array[];
}

export const handshakeTimeoutMs = 15_000;

/** What modules/tls offers (client-session.ts, hardened/ciphersuites.ts). */
export const asDevice: ConnectionOptions = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
  ecdhCurve: "P-256:P-384",
  sigalgs: "ECDSA+SHA256:RSA+SHA256:ECDSA+SHA384:RSA+SHA384:ECDSA+SHA512:RSA+SHA512",
};

/** The certificates that were sent, the server's own first; Node links each with its issuer. */
function chainOf(leaf: DetailedPeerCertificate): Uint8Array[] {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw && !seen.has(at.fingerprint256); ) {
    seen.add(at.fingerprint256);
    chain.push(new Uint8Array(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}

/** @returns what was agreed, or OpenSSL's error */
export function handshake(host: string, port: number, offer: ConnectionOptions): Promise<Handshake | Error> {
  return new Promise((resolve) => {
    const socket = connect({
      ...offer,
      host,
      port,
      servername: sniName(host) ?? "",
      rejectUnauthorized: false,
      // An empty store, so that Node adds no issuer of its own to what was sent.
      ca: [],
    });
    const end = (result: Handshake | Error): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(handshakeTimeoutMs, () => end(new Error(`no answer within ${handshakeTimeoutMs / 1000} s`)));
    socket.once("error", end);
    socket.once("secureConnect", () =>
      end({
        protocol: socket.getProtocol() ?? "",
        cipher: socket.getCipher().standardName,
        chain: chainOf(socket.getPeerCertificate(true)),
      }),
    );
  });
}
