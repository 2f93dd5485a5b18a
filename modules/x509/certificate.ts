/*
 * X.509 v3 certificates (RFC 5280 §4): the fields that path validation needs, as views into the DER bytes.
 *
 * Certificates are only read here; nothing decides about trust. Critical extensions that are not understood are kept in a
 * list, since a verifier must refuse them (§4.2).
 */

import { cut } from "../text/cut.js";
import { toHex } from "../text/hex.js";
import { printable } from "../text/printable.js";
import { decodeUtf8 } from "../text/utf8.js";
import { DerReader, tag } from "./der.js";

/** RSA keys in certificates, in bits: shorter keys are forgeable, longer ones take a device seconds for each signature. */
export const minRsaBits = 2048;
export const maxRsaBits = 4096;

export interface Certificate {
  /** The whole certificate. */
  readonly der: Uint8Array;
  /** The bytes that the issuer signed: the TBSCertificate with tag and length. */
  readonly signed: Uint8Array;
  /** OID of the signature algorithm, its DER contents in hexadecimal. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  /** Names as DER; equal bytes are the same name. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo with tag and length. */
  readonly publicKey: Uint8Array;
  /** cA of basicConstraints. */
  readonly ca: boolean;
  /** pathLenConstraint of basicConstraints: how many intermediate CAs may follow; undefined means any number. */
  readonly pathLength: number | undefined;
  /** keyUsage is absent or allows signing certificates. */
  readonly mayIssue: boolean;
  /** keyUsage is absent or allows TLS signatures. */
  readonly maySign: boolean;
  /** extendedKeyUsage is absent or allows TLS servers. */
  readonly serverUse: boolean;
  /** Contents of the subjectAltName, for `server-name.ts`. */
  readonly alternativeNames: Uint8Array | undefined;
  /** The value of the nameConstraints, unread, for `name-constraints.ts`. */
  readonly nameConstraints: Uint8Array | undefined;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  /** OIDs (hexadecimal) of critical extensions that are not understood here. */
  readonly unknownCritical: readonly string[];
}

// OIDs as the hexadecimal of their DER contents.
const commonName = "550403";
const subjectKeyIdentifier = "551d0e";
const keyUsage = "551d0f";
const subjectAltName = "551d11";
const basicConstraints = "551d13";
const nameConstraints = "551d1e";
const certificatePolicies = "551d20";
const authorityKeyIdentifier = "551d23";
const extendedKeyUsage = "551d25";
const anyExtendedKeyUsage = "551d2500";
const serverAuth = "2b06010505070301";

const digitZero = 0x30;

const timeOf = (reader: DerReader): number => {
  const long = reader.next === tag.generalizedTime;
  const bytes = reader.read(long ? tag.generalizedTime : tag.utcTime);
  const yearDigits = long ? 4 : 2;
  if (bytes.byteLength !== yearDigits + 11 || bytes[yearDigits + 10] !== 0x5a) throw new Error("bad time");
  const number = (at: number, count: number): number => {
    let value = 0;
    for (let i = at; i < at + count; i++) {
      const digit = bytes[i] - digitZero;
      if (digit < 0 || digit > 9) throw new Error("bad time");
      value = value * 10 + digit;
    }
    return value;
  };
  let year = number(0, yearDigits);
  // RFC 5280 §4.1.2.5.1: two digits from 50 on mean the last century.
  if (!long) year += year < 50 ? 2000 : 1900;
  const at = yearDigits;
  return Date.UTC(year, number(at, 2) - 1, number(at + 2, 2), number(at + 4, 2), number(at + 6, 2), number(at + 8, 2));
};

/** The fields of Certificate that come from extensions. */
interface Extensions {
  ca: boolean;
  pathLength: number | undefined;
  mayIssue: boolean;
  maySign: boolean;
  serverUse: boolean;
  alternativeNames: Uint8Array | undefined;
  nameConstraints: Uint8Array | undefined;
  subjectKeyIdentifier: Uint8Array | undefined;
  authorityKeyIdentifier: Uint8Array | undefined;
  unknownCritical: string[];
}

const readExtension = (id: string, critical: boolean, bytes: Uint8Array, into: Extensions): void => {
  const value = new DerReader(bytes);
  switch (id) {
    case basicConstraints: {
      const constraints = value.enter();
      const ca = constraints.optional(tag.boolean);
      into.ca = ca !== undefined && ca[0] !== 0;
      if (!constraints.done) {
        const length = constraints.unsigned();
        into.pathLength = length.byteLength === 1 ? length[0] : 255;
      }
      return;
    }
    case keyUsage: {
      const bits = value.read(tag.bitString);
      into.maySign = ((bits[1] ?? 0) & 0x80) !== 0;
      into.mayIssue = ((bits[1] ?? 0) & 0x04) !== 0;
      return;
    }
    case extendedKeyUsage: {
      into.serverUse = false;
      const purposes = value.enter();
      while (!purposes.done) {
        const purpose = toHex(purposes.read(tag.oid));
        if (purpose === serverAuth || purpose === anyExtendedKeyUsage) into.serverUse = true;
      }
      return;
    }
    case subjectAltName:
      into.alternativeNames = value.read(tag.sequence);
      return;
    case nameConstraints:
      into.nameConstraints = bytes;
      return;
    case subjectKeyIdentifier:
      into.subjectKeyIdentifier = value.read(tag.octetString);
      return;
    case authorityKeyIdentifier:
      into.authorityKeyIdentifier = value.enter().optional(0x80);
      return;
    case certificatePolicies:
      return;
    default:
      if (critical) into.unknownCritical.push(id);
  }
};

/**
 * @param der one certificate, nothing after it
 * @returns views into `der`, so it must outlive the result unchanged
 * @throws Error when `der` is not a certificate
 */
export const readCertificate = (der: Uint8Array): Certificate => {
  const file = new DerReader(der);
  const outer = file.enter();
  file.end();
  const signed = outer.element();
  const signatureAlgorithm = toHex(outer.enter().read(tag.oid));
  const signature = outer.bits();
  outer.end();

  const body = new DerReader(signed).enter();
  body.optional(0xa0);
  body.read(tag.integer);
  // RFC 5280 §4.1.1.2: the TBSCertificate names the same algorithm as the certificate.
  if (toHex(body.enter().read(tag.oid)) !== signatureAlgorithm) throw new Error("two signature algorithms");
  const issuer = body.element();
  const validity = body.enter();
  const notBeforeMs = timeOf(validity);
  const notAfterMs = timeOf(validity);
  const subject = body.element();
  const publicKey = body.element();
  body.optional(0x81);
  body.optional(0x82);

  const found: Extensions = {
    ca: false,
    pathLength: undefined,
    mayIssue: true,
    maySign: true,
    serverUse: true,
    alternativeNames: undefined,
    nameConstraints: undefined,
    subjectKeyIdentifier: undefined,
    authorityKeyIdentifier: undefined,
    unknownCritical: [],
  };
  if (!body.done) {
    const extensions = body.enter(0xa3).enter();
    const seen = new Set<string>();
    while (!extensions.done) {
      const extension = extensions.enter();
      const id = toHex(extension.read(tag.oid));
      // §4.2 allows each extension once. With two of them it would be a guess which one counts.
      if (seen.has(id)) throw new Error("an extension that is there twice");
      seen.add(id);
      const critical = extension.optional(tag.boolean);
      readExtension(id, critical !== undefined && critical[0] !== 0, extension.read(tag.octetString), found);
    }
  }
  return {
    der,
    signed,
    signatureAlgorithm,
    signature,
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    publicKey,
    ...found,
  };
};

/** Characters of a name in a message. */
const shownCharacters = 64;

/** The beginning of a foreign name, printable, for a line of a log. */
export const shownName = (text: string): string => {
  const kept = cut(text, shownCharacters);
  return kept === text ? printable(text) : `${printable(kept)}…`;
};

/** @returns the last common name in a DER name, or "an unnamed subject": for people, never for a decision */
export const nameForPeople = (name: Uint8Array): string => {
  let text = "an unnamed subject";
  try {
    const sets = new DerReader(name).enter();
    while (!sets.done) {
      const attribute = sets.enter(tag.set).enter();
      const isCommonName = toHex(attribute.read(tag.oid)) === commonName;
      const value = attribute.element();
      if (isCommonName) text = `"${shownName(decodeUtf8(new DerReader(value).read(value[0])))}"`;
    }
  } catch {
    // A name that cannot be read has no readable name.
  }
  return text;
};
