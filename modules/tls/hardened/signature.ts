/*
 * Signature: checks a signature with a public key, both for certificates and for the key exchange.
 *
 * It is stricter than the SDK's own check: r and s must be within 1 and n-1 (the SDK's ECDSA never returns for s = 0), the
 * DER form is exact, the hash is cut to the curve's size, and for RSA the whole padded block is rebuilt and compared, so
 * that nothing can hide behind the hash (the SDK's PKCS#1 check passes trailing bytes).
 */

/// <reference path="../../../types/tls.d.ts" />

import { Digest } from "crypt";
import Curve from "curve";
import ECDSA from "ecdsa";
import { requireShape } from "nerveshub/modules/tls/hardened/shape";
import PKCS1_5 from "pkcs1_5";

requireShape("ecdsa", ECDSA.prototype, ["verify", "sign"]);
requireShape("pkcs1_5", PKCS1_5.prototype, ["emsaEncode", "sign"]);
requireShape("curve", Curve.prototype, ["dh", "Z"]);

export type HashName = "SHA256" | "SHA384" | "SHA512";

/** A public key in the form that the SDK's RSA and ECDSA take. */
export type PublicKey = ConstructorParameters<typeof PKCS1_5>[0] | { pub: { X: bigint; Y: bigint }; curve: Curve };

const hashIdentifiers = Object.freeze(
  {
    SHA256: [2, 16, 840, 1, 101, 3, 4, 2, 1],
    SHA384: [2, 16, 840, 1, 101, 3, 4, 2, 2],
    SHA512: [2, 16, 840, 1, 101, 3, 4, 2, 3],
  },
  true,
);

const numberOf = (bytes: Uint8Array): bigint => {
  return BigInt.fromArrayBuffer(bytes.slice().buffer as ArrayBuffer);
};

/** @returns the contents of the INTEGER at `at`; undefined unless it is positive and in the shortest form */
const integerAt = (der: Uint8Array, at: number): Uint8Array | undefined => {
  const length = der[at + 1];
  const end = at + 2 + length;
  if (der[at] !== 0x02 || !(length > 0) || end > der.byteLength || der[at + 2] >= 0x80) return undefined;
  if (length > 1 && der[at + 2] === 0 && der[at + 3] < 0x80) return undefined;
  return der.subarray(at + 2, end);
};

/**
 * Reads an ECDSA-Sig-Value (RFC 3279 §2.2.3) in exact DER. Lengths fit one byte for every curve that is used here.
 * @returns r and s, or undefined unless both are in 1 … n-1
 */
export const signatureNumbers = (der: Uint8Array, n: bigint): { r: bigint; s: bigint } | undefined => {
  if (der[0] !== 0x30 || der[1] !== der.byteLength - 2) return undefined;
  const first = integerAt(der, 2);
  if (!first) return undefined;
  const at = 4 + first.byteLength;
  const second = integerAt(der, at);
  if (!second || at + 2 + second.byteLength !== der.byteLength) return undefined;
  const r = numberOf(first);
  const s = numberOf(second);
  return r > 0n && r < n && s > 0n && s < n ? { r, s } : undefined;
};

/**
 * @param parts the signed bytes, in order
 * @returns whether `signature` (DER for ECDSA) was made with the private key that belongs to `key`
 */
export const verifySignature = (
  key: PublicKey,
  hashName: HashName,
  parts: readonly (ArrayBuffer | Uint8Array)[],
  signature: Uint8Array,
): boolean => {
  const hash = new Digest(hashName).process(...parts);
  if ("curve" in key) {
    const { n, orderSize } = key.curve;
    const numbers = signatureNumbers(signature, n);
    if (!numbers) return false;
    const pair = ArrayBuffer.fromBigInt(numbers.r, orderSize).concat(ArrayBuffer.fromBigInt(numbers.s, orderSize));
    return new ECDSA(key.pub, key.curve).verify(hash.slice(0, orderSize), pair);
  }
  const rsa = new PKCS1_5(key, false, hashIdentifiers[hashName]);
  const value = numberOf(signature);
  if (signature.byteLength !== rsa.modulusSize || value >= key.modulus) return false;
  return rsa.rsa.process(value) === rsa.emsaEncode(hash, rsa.modulusSize - 1);
};
