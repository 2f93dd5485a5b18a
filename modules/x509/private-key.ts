/*
 * Private keys in the forms that tools write: PKCS#8 (RFC 5958), SEC1 (RFC 5915, "EC PRIVATE KEY") and PKCS#1 (RFC 8017,
 * "RSA PRIVATE KEY"). They are converted to PKCS#8, the only form that the hosts' TLS takes.
 *
 * Nothing is computed with a key here. The rule it guards: a key that TLS cannot use, or that does not belong to the
 * certificate, ends in a sentence now and not in an alert of the server later.
 */

import { Fault } from "../fault/fault.js";
import { toHex } from "../text/hex.js";
import { sameBytes } from "../text/same-bytes.js";
import { DerReader, tag } from "./der.js";

export interface PrivateKey {
  readonly kind: "P-256" | "RSA";
  /** DER, as `openssl pkcs8 -topk8 -nocrypt -outform DER` writes it. */
  readonly pkcs8: Uint8Array;
  /** RSA: the modulus. P-256: the uncompressed point, undefined when the key does not contain it. */
  readonly publicPart: Uint8Array | undefined;
}

// OIDs as the hexadecimal of their DER contents.
const rsaEncryption = "2a864886f70d010101";
const ecPublicKey = "2a8648ce3d0201";
const prime256v1 = "2a8648ce3d030107";
const scalarBytes = 32;
const pointBytes = 65;
/** [0] curve and [1] public key of RFC 5915. */
const curveTag = 0xa0;
const publicTag = 0xa1;

/** The known name of the OID of an unsupported key. */
const nameOf = (oid: string): string => {
  switch (oid) {
    case "2b656e":
      return "X25519";
    case "2b6570":
      return "Ed25519";
    case "2b6571":
      return "Ed448";
    case "2a864886f70d01010a":
      return "RSA-PSS";
    case "2b81040022":
      return "P-384";
    case "2b81040023":
      return "P-521";
    case "2b8104000a":
      return "secp256k1";
    default:
      return `of a kind that is not known (OID ${oid} in hexadecimal)`;
  }
};

const unsupported = (name: string): Fault => {
  return new Fault(
    "options",
    "key-unsupported",
    `The private key is ${name}; a device key has to be EC on P-256, or RSA: make a new one and have it certified.`,
  );
};

export const encryptedKey = (): Fault => {
  return new Fault(
    "options",
    "key-encrypted",
    "The private key is encrypted, and a device has nobody to type a pass phrase: decrypt it with `openssl pkey -in KEY -out PLAIN`.",
  );
};

const malformed = (cause?: unknown): Fault => {
  return new Fault(
    "options",
    "key-malformed",
    "The private key cannot be read; it has to be PKCS#8, SEC1 or PKCS#1, in PEM or DER, and complete.",
    cause,
  );
};

/** Encodes one element of DER. */
const element = (tagByte: number, ...contents: Uint8Array[]): Uint8Array => {
  const length = contents.reduce((sum, part) => sum + part.byteLength, 0);
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(1 + size.length + length);
  bytes[0] = tagByte;
  bytes.set(size, 1);
  let at = 1 + size.length;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
};

const oid = (hexadecimal: string): Uint8Array => {
  const bytes: number[] = [];
  for (let at = 0; at < hexadecimal.length; at += 2) bytes.push(Number.parseInt(hexadecimal.slice(at, at + 2), 16));
  return element(tag.oid, new Uint8Array(bytes));
};

const version = (value: number): Uint8Array => element(tag.integer, new Uint8Array([value]));

/** @param body contents of RSAPrivateKey: version, modulus, … @returns the modulus */
const rsaModulus = (body: DerReader): Uint8Array => {
  body.read(tag.integer);
  return body.unsigned();
};

interface EcKey {
  scalar: Uint8Array;
  curve: string | undefined;
  point: Uint8Array | undefined;
}

/** @param body contents of an ECPrivateKey (RFC 5915) */
const ecKey = (body: DerReader): EcKey => {
  body.read(tag.integer);
  const scalar = body.read(tag.octetString);
  const curve = body.optional(curveTag);
  const bits = body.optional(publicTag);
  return {
    scalar,
    curve: curve && toHex(new DerReader(curve).read(tag.oid)),
    point: bits && new DerReader(bits).bits(),
  };
};

const p256 = (key: EcKey, curve: string | undefined, pkcs8: Uint8Array | undefined): PrivateKey => {
  if (curve !== prime256v1) throw unsupported(curve === undefined ? "EC without a curve" : nameOf(curve));
  const { scalar, point } = key;
  if (scalar.byteLength !== scalarBytes || (point && point.byteLength !== pointBytes)) throw malformed();
  return { kind: "P-256", pkcs8: pkcs8 ?? wrappedEc(key), publicPart: point };
};

/** PKCS#8 of an EC key, with the curve in the AlgorithmIdentifier only, as OpenSSL writes it. */
const wrappedEc = ({ scalar, point }: EcKey): Uint8Array => {
  const bits = point && element(publicTag, element(tag.bitString, new Uint8Array(1), point));
  const inner = element(tag.sequence, version(1), element(tag.octetString, scalar), ...(bits ? [bits] : []));
  const algorithm = element(tag.sequence, oid(ecPublicKey), oid(prime256v1));
  return element(tag.sequence, version(0), algorithm, element(tag.octetString, inner));
};

const wrappedRsa = (pkcs1: Uint8Array): Uint8Array => {
  const algorithm = element(tag.sequence, oid(rsaEncryption), new Uint8Array([5, 0]));
  return element(tag.sequence, version(0), algorithm, element(tag.octetString, pkcs1));
};

const fromPkcs8 = (der: Uint8Array, body: DerReader): PrivateKey => {
  const algorithm = body.enter();
  const name = toHex(algorithm.read(tag.oid));
  const inner = body.read(tag.octetString);
  switch (name) {
    case rsaEncryption:
      return { kind: "RSA", pkcs8: der, publicPart: rsaModulus(new DerReader(inner).enter()) };
    case ecPublicKey:
      return p256(ecKey(new DerReader(inner).enter()), toHex(algorithm.read(tag.oid)), der);
    default:
      throw unsupported(nameOf(name));
  }
};

const read = (der: Uint8Array): PrivateKey => {
  const file = new DerReader(der);
  const body = file.enter();
  file.end();
  // EncryptedPrivateKeyInfo is the only form that begins without a version (RFC 5958 §3).
  if (body.next === tag.sequence) throw encryptedKey();
  const start = new DerReader(der).enter();
  start.read(tag.integer);
  switch (start.next) {
    case tag.sequence:
      return fromPkcs8(der, start);
    case tag.octetString: {
      const key = ecKey(body);
      return p256(key, key.curve, undefined);
    }
    case tag.integer:
      return { kind: "RSA", pkcs8: wrappedRsa(der), publicPart: rsaModulus(body) };
    default:
      throw malformed();
  }
};

/**
 * Reads a private key.
 * @param der PKCS#8, SEC1 or PKCS#1
 * @throws Fault of stage "options": "key-encrypted", "key-unsupported" or "key-malformed"
 */
export const readPrivateKey = (der: Uint8Array): PrivateKey => {
  try {
    return read(der);
  } catch (error) {
    throw error instanceof Fault ? error : malformed(error);
  }
};

/**
 * Whether a certificate belongs to this key, by their public parts.
 * @param publicKey SubjectPublicKeyInfo of the certificate, with tag and length
 * @returns undefined when the key does not contain its public part
 */
export const matchesKey = ({ kind, publicPart }: PrivateKey, publicKey: Uint8Array): boolean | undefined => {
  const info = new DerReader(publicKey).enter();
  const algorithm = toHex(info.enter().read(tag.oid));
  if (algorithm !== (kind === "RSA" ? rsaEncryption : ecPublicKey)) return false;
  if (publicPart === undefined) return undefined;
  const bits = info.bits();
  return sameBytes(publicPart, kind === "RSA" ? new DerReader(bits).enter().unsigned() : bits);
};
