/*
 * The public key of a certificate, in the form that the SDK's RSA and ECDSA take.
 *
 * The rule it guards: the numbers of a key are checked and bounded before anything is computed with them.
 */

/// <reference path="../../types/tls.d.ts" />

import Curve from "curve";
import ECPoint from "ecp";
import { toHex } from "../text/hex.js";
import { maxRsaBits, minRsaBits } from "../x509/certificate.js";
import { DerReader, tag } from "../x509/der.js";
import type { PublicKey } from "./hardened/signature.js";

// OIDs as the hexadecimal of their DER contents.
const rsaEncryption = "2a864886f70d010101";
const ecPublicKey = "2a8648ce3d0201";
const prime256v1 = "2a8648ce3d030107";
const secp384r1 = "2b81040022";

const numberOf = (bytes: Uint8Array): bigint => {
  return BigInt.fromArrayBuffer(bytes.slice().buffer as ArrayBuffer);
};

const rsaKey = (bits: Uint8Array): PublicKey => {
  const reader = new DerReader(bits).enter();
  const modulus = numberOf(reader.unsigned());
  const exponentBytes = reader.unsigned();
  const size = BigInt.bitLength(modulus);
  if (size < minRsaBits || size > maxRsaBits) throw new Error(`an RSA key of ${size} bits`);
  const exponent = numberOf(exponentBytes);
  if (exponentBytes.byteLength > 4 || exponent < 3n || exponent % 2n === 0n || modulus % 2n === 0n)
    throw new Error("an RSA key that cannot be right");
  return { modulus, exponent };
};

const ecKey = (curveName: string, bits: Uint8Array): PublicKey => {
  const curve = new Curve(curveName);
  const size = curve.orderSize;
  if (bits.byteLength !== 1 + 2 * size || bits[0] !== 4) throw new Error("an EC key in an unusual form");
  const x = numberOf(bits.subarray(1, 1 + size));
  const y = numberOf(bits.subarray(1 + size));
  const { a, b, m } = curve.ec;
  if (x >= m || y >= m || (y * y - (x * x * x + a * x + b)) % m !== 0n)
    throw new Error("an EC key that is not on its curve");
  return { pub: new ECPoint(x, y), curve };
};

/**
 * @param spki SubjectPublicKeyInfo, DER
 * @throws Error whose message ends the sentence "the key is …"
 */
export const readPublicKey = (spki: Uint8Array): PublicKey => {
  const reader = new DerReader(spki).enter();
  const algorithm = reader.enter();
  const bits = reader.bits();
  switch (toHex(algorithm.read(tag.oid))) {
    case rsaEncryption:
      return rsaKey(bits);
    case ecPublicKey:
      switch (toHex(algorithm.read(tag.oid))) {
        case prime256v1:
          return ecKey("secp256r1", bits);
        case secp384r1:
          return ecKey("secp384r1", bits);
        default:
          throw new Error("on a curve other than P-256 and P-384");
      }
    default:
      throw new Error("neither RSA nor EC");
  }
};
