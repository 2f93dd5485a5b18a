/*
 * Path validation (RFC 5280 §6), as far as a TLS client needs it: from the server's certificate up to a trust anchor.
 *
 * There are two passes. The first walks up by names and key identifiers and checks no signature; the second checks
 * signatures from the anchor down. So no key is used before a trusted key has signed it: a hostile server cannot make a
 * device compute with numbers of its own choosing.
 *
 * The anchor is judged as the CAs below it are (as OpenSSL and Go do): its dates, usages, path length, name constraints
 * and critical extensions count.
 *
 * Where the time is not known, a lower bound of it stands in: see PathOptions.
 *
 * Revocation and policies are not checked.
 */

import { Fault } from "../fault/fault.js";
import { earliestPlausibleMs } from "../platform/clock.js";
import { toHex } from "../text/hex.js";
import { sameBytes } from "../text/same-bytes.js";
import { type Certificate, nameForPeople, readCertificate } from "./certificate.js";
import {
  badCertificateSignature,
  certificateExpired,
  certificateMalformed,
  certificateNotYetValid,
  certificateUnsupported,
  clockWrong,
  issuerNotCa,
  nameMismatch,
  selfSigned,
  unknownCa,
} from "./certificate-fault.js";
import { checkNameConstraints } from "./name-constraints.js";
import { matchesServerName, offeredNames } from "./server-name.js";

/** Certificates in a server's chain. Public ones have 2 to 4; each costs a kilobyte and, on an ESP32, a signature check. */
export const maxCertificateChain = 8;
/** Steps of the search for a path from the server's certificate to a trust anchor: cross-signed chains take under 10. */
export const maxPathSteps = 64;
/** Paths to a trust anchor whose signatures are checked before giving up: each check takes a device a while. */
export const maxPathsChecked = 3;

/** The trust anchors that paths may end at. */
export interface TrustAnchors {
  /** Anchors that may have issued `certificate`; empty when there is none. */
  issuersOf(certificate: Certificate): Certificate[];
  /** Whether this very certificate is an anchor, as a pinned server certificate is. */
  includes(certificate: Certificate): boolean;
  /** How to make the missing issuer known, as the end of a sentence; undefined when there is nothing to say. */
  hint(certificate: Certificate): string | undefined;
}

export interface PathOptions {
  /** Name or address that the server's certificate must speak for. */
  serverName: string;
  nowMs: number;
  /**
   * The time is unknown, and not before `nowMs`: a path is then judged at the first moment from there on at which each of its
   * certificates has become valid. One that had expired by then is refused; that one has expired since is not noticed.
   */
  isEarliest?: boolean;
  anchors: TrustAnchors;
  /**
   * Whether `certificate` is signed by the key of `issuer`. Both certificates are well-formed, and the key is trusted.
   * @throws Fault for a key or algorithm that cannot be used
   */
  verifySignature(certificate: Certificate, issuer: Certificate): boolean;
}

/** Whether `issuer` may have issued `certificate`, by names and key identifiers. */
export const mayHaveIssued = (issuer: Certificate, certificate: Certificate): boolean => {
  if (!sameBytes(issuer.subject, certificate.issuer)) return false;
  const wanted = certificate.authorityKeyIdentifier;
  return !wanted || !issuer.subjectKeyIdentifier || sameBytes(wanted, issuer.subjectKeyIdentifier);
};

/** Paths from the server's certificate up to an anchor, the shortest first; only a few, since a server can send a maze. */
const pathsUp = (leaf: Certificate, sent: Certificate[], anchors: TrustAnchors): Certificate[][] => {
  const found: Certificate[][] = [];
  const open: Certificate[][] = [[leaf]];
  for (let steps = 0; steps < maxPathSteps && found.length < maxPathsChecked; steps++) {
    const path = open.shift();
    if (!path) break;
    const last = path[path.length - 1];
    for (const anchor of anchors.issuersOf(last)) found.push([...path, anchor]);
    for (const candidate of sent)
      if (!path.includes(candidate) && mayHaveIssued(candidate, last)) open.push([...path, candidate]);
  }
  return found.slice(0, maxPathsChecked);
};

const checkDates = (path: Certificate[], { nowMs, isEarliest }: PathOptions): void => {
  if (isEarliest) for (const { notBeforeMs } of path) nowMs = Math.max(nowMs, notBeforeMs);
  for (const { subject, notBeforeMs, notAfterMs } of path) {
    if (nowMs < notBeforeMs) throw certificateNotYetValid(nameForPeople(subject), notBeforeMs, nowMs);
    if (nowMs > notAfterMs) throw certificateExpired(nameForPeople(subject), notAfterMs, nowMs);
  }
};

/**
 * §6.1.4 (k) to (n): every certificate above the server's is a CA that may issue for servers, and its path length allows
 * the number of CAs below it. Self-issued certificates are not counted.
 */
const checkIssuers = (path: Certificate[]): void => {
  let below = 0;
  for (let i = 1; i < path.length; i++) {
    const { subject, issuer, ca, mayIssue, serverUse, pathLength } = path[i];
    const name = nameForPeople(subject);
    if (!ca) throw issuerNotCa(name, "it is not a CA (basicConstraints)");
    if (!mayIssue) throw issuerNotCa(name, "its keyUsage does not allow that");
    if (!serverUse) throw issuerNotCa(name, "its extendedKeyUsage does not allow servers");
    if (pathLength !== undefined && below > pathLength) throw issuerNotCa(name, "its path length does not allow that");
    if (!sameBytes(subject, issuer)) below++;
  }
};

const checkLeaf = (leaf: Certificate, serverName: string): void => {
  const name = nameForPeople(leaf.subject);
  if (!leaf.serverUse) throw certificateUnsupported(name, "it is not meant for servers (extendedKeyUsage)");
  if (leaf.nameConstraints && !leaf.ca)
    throw certificateUnsupported(name, "it has name constraints, and only a CA may have them");
  if (!leaf.maySign) throw certificateUnsupported(name, "it may not sign a key exchange (keyUsage)");
  if (!matchesServerName(leaf.alternativeNames, serverName))
    throw nameMismatch(serverName, offeredNames(leaf.alternativeNames));
};

const checkPath = (path: Certificate[], options: PathOptions): void => {
  for (const { subject, unknownCritical } of path)
    if (unknownCritical.length > 0)
      throw certificateUnsupported(
        nameForPeople(subject),
        `it needs an extension that is not supported (OID ${unknownCritical[0]} in hexadecimal)`,
      );
  checkDates(path, options);
  checkIssuers(path);
  for (let i = path.length - 2; i >= 0; i--)
    if (!options.verifySignature(path[i], path[i + 1])) throw badCertificateSignature(nameForPeople(path[i].subject));
  checkNameConstraints(path);
};

/** Why there is no path: names the issuer of the last certificate that can be reached from the server's own. */
const explainNoPath = (leaf: Certificate, sent: Certificate[], anchors: TrustAnchors): Fault => {
  if (sameBytes(leaf.subject, leaf.issuer)) return selfSigned(nameForPeople(leaf.subject));
  const path = [leaf];
  for (let next: Certificate | undefined = leaf; next; ) {
    const last: Certificate = path[path.length - 1];
    next = sent.find((candidate) => !path.includes(candidate) && mayHaveIssued(candidate, last));
    if (next) path.push(next);
  }
  const top = path[path.length - 1];
  const identifier =
    top.authorityKeyIdentifier ?? (sameBytes(top.subject, top.issuer) ? top.subjectKeyIdentifier : undefined);
  return unknownCa(nameForPeople(top.issuer), identifier && toHex(identifier), anchors.hint(top));
};

const readAll = (chain: readonly Uint8Array[]): Certificate[] => {
  if (chain.length === 0) throw certificateMalformed("there is none");
  if (chain.length > maxCertificateChain) throw certificateMalformed(`${chain.length} of them`);
  try {
    return chain.map(readCertificate);
  } catch (error) {
    throw certificateMalformed(error);
  }
};

/**
 * Verifies the chain that a server sent.
 * @param chain DER, the server's own certificate first, the others in any order
 * @returns the server's certificate, whose key may be used
 * @throws Fault of stage "tls" that says what is wrong
 */
export const verifyPath = (chain: readonly Uint8Array[], options: PathOptions): Certificate => {
  const [leaf, ...sent] = readAll(chain);
  if (options.nowMs < earliestPlausibleMs) throw clockWrong(options.nowMs);
  if (options.anchors.includes(leaf)) {
    checkDates([leaf], options);
    checkLeaf(leaf, options.serverName);
    return leaf;
  }
  let refusal: unknown;
  for (const path of pathsUp(leaf, sent, options.anchors)) {
    try {
      checkPath(path, options);
      checkLeaf(leaf, options.serverName);
      return leaf;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      refusal ??= error;
    }
  }
  if (refusal) throw refusal;
  checkDates([leaf], options);
  throw explainNoPath(leaf, sent, options.anchors);
};
