/*
 * ServerVerification: judges a server's chain by the configured roots, or by the roots built into the app where none are
 * configured. Configured roots replace all built-in ones.
 *
 * Built-in roots are resources (roots.md lists them): `caN.der` for root N of the SDK's store, whose `ca.ski` has the key
 * identifiers of its 238 roots in order, 20 bytes each; `IDENTIFIER.der` (hexadecimal) for roots that the store lacks.
 */

import Resource from "Resource";
import { badRoots } from "../fault/network.js";
import type { Clock } from "../platform/clock.js";
import { toHex } from "../text/hex.js";
import { sameBytes } from "../text/same-bytes.js";
import { type Certificate, nameForPeople, readCertificate } from "../x509/certificate.js";
import { certificateUnsupported, clockUnknown } from "../x509/certificate-fault.js";
import { mayHaveIssued, type TrustAnchors, verifyPath } from "../x509/path.js";
import { type HashName, type PublicKey, verifySignature } from "./hardened/signature.js";
import { readPublicKey } from "./public-key.js";

const identifierBytes = 20;

/** Configured roots. */
export class ConfiguredRoots implements TrustAnchors {
  private readonly _roots: Certificate[];

  /** @param roots DER @throws Fault of stage "tls": "bad-roots" when one cannot be read */
  constructor(roots: readonly Uint8Array[]) {
    try {
      this._roots = roots.map(readCertificate);
    } catch (error) {
      throw badRoots(error instanceof Error ? error.message : String(error), error);
    }
  }

  issuersOf(certificate: Certificate): Certificate[] {
    return this._roots.filter((root) => mayHaveIssued(root, certificate));
  }

  includes(certificate: Certificate): boolean {
    return this._roots.some(({ der }) => sameBytes(der, certificate.der));
  }

  hint(certificate: Certificate): string | undefined {
    const index = storeIndex(certificate.authorityKeyIdentifier);
    if (index === undefined) return undefined;
    return `configured are other roots; the SDK has it as ca${index}.der`;
  }
}

/** @returns the index of a key identifier in the SDK's store of roots; undefined when it is not there */
const storeIndex = (identifier: Uint8Array | undefined): number | undefined => {
  if (identifier?.byteLength !== identifierBytes || !Resource.exists("ca.ski")) return undefined;
  const store = new Uint8Array(new Resource("ca.ski") as unknown as ArrayBuffer);
  for (let at = 0; at < store.byteLength; at += identifierBytes) {
    let i = 0;
    while (i < identifierBytes && store[at + i] === identifier[i]) i++;
    if (i === identifierBytes) return at / identifierBytes;
  }
  return undefined;
};

/** @returns the root with this key identifier if it is built into the app; its bytes stay in flash */
export const builtInRoot = (identifier: Uint8Array): Certificate | undefined => {
  let name = `${toHex(identifier)}.der`;
  if (!Resource.exists(name)) name = `ca${storeIndex(identifier)}.der`;
  if (!Resource.exists(name)) return undefined;
  return readCertificate(new Uint8Array(new Resource(name) as unknown as ArrayBuffer));
};

/** The roots that are built into the app; a root is read only when a chain leads to it. */
export class BuiltInRoots implements TrustAnchors {
  issuersOf(certificate: Certificate): Certificate[] {
    const identifier = certificate.authorityKeyIdentifier;
    const root = identifier && builtInRoot(identifier);
    return root && mayHaveIssued(root, certificate) ? [root] : [];
  }

  includes(): boolean {
    return false;
  }

  hint(certificate: Certificate): string | undefined {
    const index = storeIndex(certificate.authorityKeyIdentifier);
    if (index === undefined) return undefined;
    return `the SDK has it as ca${index}.der, include "$(MODDABLE)/modules/crypt/data/ca${index}" in the manifest's resources`;
  }
}

/** Signature algorithms of certificates, OIDs as hexadecimal. SHA-1 and MD5 are left out: their signatures can be forged. */
const algorithms: readonly (readonly [oid: string, hash: HashName, ec: boolean])[] = Object.freeze(
  [
    ["2a864886f70d01010b", "SHA256", false],
    ["2a864886f70d01010c", "SHA384", false],
    ["2a864886f70d01010d", "SHA512", false],
    ["2a8648ce3d040302", "SHA256", true],
    ["2a8648ce3d040303", "SHA384", true],
    ["2a8648ce3d040304", "SHA512", true],
  ] as [string, HashName, boolean][],
  true,
);

const keyOf = (certificate: Certificate): PublicKey => {
  try {
    return readPublicKey(certificate.publicKey);
  } catch (error) {
    throw certificateUnsupported(
      nameForPeople(certificate.subject),
      `its key is ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

const isSignedBy = (certificate: Certificate, issuer: Certificate): boolean => {
  const algorithm = algorithms.find(([oid]) => oid === certificate.signatureAlgorithm);
  if (!algorithm)
    throw certificateUnsupported(
      nameForPeople(certificate.subject),
      `it is signed with an algorithm that is weak or unknown (OID ${certificate.signatureAlgorithm} in hexadecimal)`,
    );
  const [, hash, ec] = algorithm;
  const key = keyOf(issuer);
  return "curve" in key === ec && verifySignature(key, hash, [certificate.signed], certificate.signature);
};

/** Judges the chain of one server. The session has it as its `trust`. */
export class ServerVerification {
  private readonly _anchors: TrustAnchors;
  private readonly _serverName: string;
  private readonly _clock: Clock;

  constructor(anchors: TrustAnchors, serverName: string, clock: Clock) {
    this._anchors = anchors;
    this._serverName = serverName;
    this._clock = clock;
  }

  /** @returns the key of the server's certificate @throws Fault of stage "tls" when the chain is not to be trusted */
  verify(chain: Uint8Array[]): PublicKey {
    const knownMs = this._clock.now();
    const nowMs = knownMs ?? this._clock.earliestMs;
    if (nowMs === undefined) throw clockUnknown();
    const leaf = verifyPath(chain, {
      serverName: this._serverName,
      nowMs,
      isEarliest: knownMs === undefined,
      anchors: this._anchors,
      verifySignature: isSignedBy,
    });
    return keyOf(leaf);
  }
}
