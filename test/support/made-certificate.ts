/*
 * Certificates made up for suites: well-formed, with a "signature" that is the signer's name. Portable.
 */

import { sameBytes } from "../../modules/text/same-bytes.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { type Certificate, readCertificate } from "../../modules/x509/certificate.js";
import { mayHaveIssued, type TrustAnchors } from "../../modules/x509/path.js";

type Bytes = Uint8Array | readonly number[];

export function der(tag: number, ...parts: Bytes[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 128 ? [length] : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const bytes = new Uint8Array(1 + size.length + length);
  let at = 0;
  for (const part of [[tag], size, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const utf8String = 0x0c;
const commonName = [0x55, 4, 3];

/** One attribute: OID contents, then the value. */
export const attribute = (oid: Bytes, value: Uint8Array): Uint8Array => der(0x30, der(0x06, oid), value);
/** A Name of one common name. */
export const name = (text: string, tag = utf8String): Uint8Array =>
  der(0x30, der(0x31, attribute(commonName, der(tag, encodeUtf8(text)))));

export const dns = (text: string): Uint8Array => der(0x82, encodeUtf8(text));
export const ip = (...bytes: number[]): Uint8Array => der(0x87, bytes);
export const directory = (of: Uint8Array): Uint8Array => der(0xa4, of);
export const mail = (text: string): Uint8Array => der(0x81, encodeUtf8(text));

/** NameConstraints of GeneralNames. */
export function constraints(permitted: Uint8Array[], excluded: Uint8Array[] = []): Uint8Array {
  const subtrees = (tag: number, of: Uint8Array[]): Uint8Array[] =>
    of.length > 0 ? [der(tag, ...of.map((base) => der(0x30, base)))] : [];
  return der(0x30, ...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded));
}

export const serverAuth = [0x2b, 6, 1, 5, 5, 7, 3, 1];
export const clientAuth = [0x2b, 6, 1, 5, 5, 7, 3, 2];
export const anyPurpose = [0x55, 0x1d, 0x25, 0];

const time = (text: string): Uint8Array => der(0x17, encodeUtf8(text));
const algorithm = der(0x30, der(0x06, [0x2a, 1]));
const extension = (id: number, value: Uint8Array, critical = false): Uint8Array =>
  der(0x30, der(0x06, [0x55, 0x1d, id]), critical ? der(0x01, [0xff]) : [], der(0x04, value));

export interface Made {
  /** A common name, or a whole Name. */
  subject: string | Uint8Array;
  issuer: string;
  ca?: boolean;
  pathLength?: number;
  /** Who really signed it; default: the issuer. */
  signer?: string;
  from?: string;
  to?: string;
  /** subjectAltName: GeneralNames, or one DNS name. */
  host?: string | Uint8Array[];
  /** extendedKeyUsage: OIDs. */
  purposes?: number[][];
  nameConstraints?: Uint8Array;
  critical?: boolean;
  /** Extensions as they are. */
  more?: Uint8Array[];
}

export function make(made: Made): Uint8Array {
  const { subject, issuer, ca = false, pathLength, signer = issuer, host, purposes, nameConstraints } = made;
  const { from = "250101000000Z", to = "270101000000Z", critical = false, more = [] } = made;
  const names = typeof host === "string" ? [dns(host)] : host;
  const length = pathLength === undefined ? [] : der(0x02, [pathLength]);
  const extensions = [
    ...(ca ? [extension(19, der(0x30, der(0x01, [0xff]), length))] : []),
    ...(names ? [extension(17, der(0x30, ...names))] : []),
    ...(purposes ? [extension(37, der(0x30, ...purposes.map((oid) => der(0x06, oid))))] : []),
    ...(nameConstraints ? [extension(30, nameConstraints, critical)] : []),
    ...more,
  ];
  const signed = der(
    0x30,
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    algorithm,
    name(issuer),
    der(0x30, time(from), time(to)),
    typeof subject === "string" ? name(subject) : subject,
    der(0x30, algorithm),
    der(0xa3, der(0x30, ...extensions)),
  );
  return der(0x30, signed, algorithm, der(0x03, [0], encodeUtf8(signer)));
}

export class Anchors implements TrustAnchors {
  readonly #roots: Certificate[];

  constructor(...roots: Uint8Array[]) {
    this.#roots = roots.map(readCertificate);
  }

  issuersOf(certificate: Certificate): Certificate[] {
    return this.#roots.filter((root) => mayHaveIssued(root, certificate));
  }

  includes(certificate: Certificate): boolean {
    return this.#roots.some((root) => sameBytes(root.der, certificate.der));
  }

  hint(): undefined {
    return undefined;
  }
}
