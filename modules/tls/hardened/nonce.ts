/*
 * The nonce of an ECDSA signature, from the key and the message alone (RFC 6979 §3.2), for P-256 with SHA-256.
 *
 * The SDK takes the nonce from its general random numbers, which are the same in every simulator run and weak on a device
 * whose radio is off. Two signatures with the same nonce give the private key away.
 */

/// <reference path="../../../types/xs.d.ts" />

/// <reference path="../../../types/tls.d.ts" />

import { Digest } from "crypt";
import HMAC from "hmac";

const size = 32;

/**
 * @param d private key
 * @param n order of the curve
 * @param hash SHA-256 of the signed bytes
 * @returns k, 0 < k < n
 */
export const deterministicNonce = (d: bigint, n: bigint, hash: ArrayBuffer): bigint => {
  const secret = ArrayBuffer.fromBigInt(d, size);
  const reduced = ArrayBuffer.fromBigInt(BigInt.fromArrayBuffer(hash) % n, size);
  const digest = new Digest("SHA256");
  let v = new Uint8Array(size).fill(1).buffer;
  let k = new Uint8Array(size).buffer;
  for (const step of [0, 1]) {
    k = new HMAC(digest, k).process(v, Uint8Array.of(step).buffer, secret, reduced);
    v = new HMAC(digest, k).process(v);
  }
  for (;;) {
    v = new HMAC(digest, k).process(v);
    const candidate = BigInt.fromArrayBuffer(v);
    if (candidate > 0n && candidate < n) return candidate;
    k = new HMAC(digest, k).process(v, Uint8Array.of(0).buffer);
    v = new HMAC(digest, k).process(v);
  }
};
