/*
 * Whether the agent's own TLS would trust a server: the same path validation as on the device (modules/x509), the same
 * limits on keys and algorithms, with Node's crypto for the signatures.
 */

import { createPublicKey, verify } from "node:crypto";
import { asFault, type Fault } from "../../modules/fault/fault.js";
import { toHex } from "../../modules/text/hex.js";
import {
  type Certificate,
  maxRsaBits,
  minRsaBits,
  nameForPeople,
  readCertificate,
} from "../../modules/x509/certificate.js";
import { certificateUnsupported } from "../../modules/x509/certificate-fault.js";
import { verifyPath } from "../../modules/x509/path.js";
import { type RootCatalogue, RootList } from "./roots.js";

/** Signature algorithms that modules/tls verifies, by their OIDs in hexadecimal. */
const hashes = new Map([
  ["2a864886f70d01010b", "sha256"],
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d040302", "sha256"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
]);

const curves: readonly (string | undefined)[] = ["prime256v1", "secp384r1"];

/** "EC prime256v1", "RSA 2048" … */
export function keyOf(certificate: Certificate): { text: string; usable: boolean } {
  const key = createPublicKey({ key: Buffer.from(certificate.publicKey), format: "der", type: "spki" });
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") {
    return { text: `RSA ${modulusLength}`, usable: modulusLength >= minRsaBits && modulusLength <= maxRsaBits };
  }
  const text = namedCurve === undefined ? String(key.asymmetricKeyType) : `EC ${namedCurve}`;
  return { text, usable: curves.includes(namedCurve) };
}

function verifySignature(certificate: Certificate, issuer: Certificate): boolean {
  const hash = hashes.get(certificate.signatureAlgorithm);
  const who = nameForPeople(certificate.subject);
  if (hash === undefined) throw certificateUnsupported(who, "its signature is neither RSA nor ECDSA with SHA-2");
  const { text, usable } = keyOf(issuer);
  if (!usable) throw certificateUnsupported(nameForPeople(issuer.subject), `its key is ${text}`);
  const key = createPublicKey({ key: Buffer.from(issuer.publicKey), format: "der", type: "spki" });
  return verify(hash, certificate.signed, key, certificate.signature);
}

export interface Trusted {
  /** The root that the chain leads to; undefined when the server's own certificate is configured as one. */
  root: Certificate | undefined;
}

/** @returns the root, or why the agent refuses the server */
export function judge(
  chain: readonly Uint8Array[],
  serverName: string,
  nowMs: number,
  roots: readonly Certificate[],
): Trusted | Fault {
  let root: Certificate | undefined;
  try {
    verifyPath(chain, {
      serverName,
      nowMs,
      anchors: new RootList(roots),
      verifySignature: (certificate, issuer) => {
        if (roots.includes(issuer)) root = issuer;
        return verifySignature(certificate, issuer);
      },
    });
    const leaf = keyOf(readCertificate(chain[0]));
    if (!leaf.usable) return certificateUnsupported(serverName, `its key is ${leaf.text}`);
    return { root };
  } catch (error) {
    return asFault(error, "tls", "tls-failed");
  }
}

/** What would make a server trusted whose root the agent has not: the root, and where to get it. */
export function missingRoot(
  chain: readonly Uint8Array[],
  serverName: string,
  nowMs: number,
  catalogue: RootCatalogue,
): string | undefined {
  const trusted = judge(chain, serverName, nowMs, catalogue.all);
  if (!("root" in trusted) || trusted.root?.subjectKeyIdentifier === undefined) return undefined;
  const identifier = toHex(trusted.root.subjectKeyIdentifier);
  return `root ${nameForPeople(trusted.root.subject)}, key identifier ${identifier}: ${catalogue.whereabouts(identifier)}`;
}
