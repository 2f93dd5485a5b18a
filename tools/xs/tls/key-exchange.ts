/*
 * ServerKeyExchange messages of somebody in between: other parameters, other signatures.
 */

import { sign } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Mangling, Randoms } from "./mangler.js";

const serverKeyExchange = 12;

/** Replaces parameters and signature by what `make` returns. */
export function resigned(make: (parameters: Buffer, randoms: Randoms) => Buffer): Mangling {
  return {
    message: (message, randoms) => {
      if (message.type !== serverKeyExchange) return [message];
      const parameters = message.body.subarray(0, 4 + message.body[3]);
      return [{ type: serverKeyExchange, body: make(parameters, randoms) }];
    },
  };
}

/** A signature with its algorithms and its length in front. */
export function signature(hash: number, algorithm: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([hash, algorithm, bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** What the server would sign, signed with the key of a PEM file. */
export function signed(key: string, parameters: Buffer, { client, server }: Randoms, hash = "sha256"): Buffer {
  return sign(hash, Buffer.concat([client, server, parameters]), readFileSync(key));
}

/** Replaces the parameters by those that `make` returns, properly signed with SHA-256 and an EC key. */
export function properlySigned(key: string, make: (parameters: Buffer) => Buffer): Mangling {
  return resigned((parameters, randoms) => {
    const own = make(parameters);
    return Buffer.concat([own, signature(4, 3, signed(key, own, randoms))]);
  });
}

/** ECParameters and ECPoint (RFC 8422 §5.4). */
export function parametersOf(curve: number, point: Buffer): Buffer {
  return Buffer.concat([Buffer.from([3, curve >> 8, curve & 255, point.length]), point]);
}

/** ECDSA-Sig-Value with chosen numbers, each as DER INTEGER contents. */
export function ecdsaValue(r: Buffer, s: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([2, r.length]), r, Buffer.from([2, s.length]), s]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Changes the y of a point, so that it lies off the curve. */
export function offCurve(parameters: Buffer): Buffer {
  const changed = Buffer.from(parameters);
  changed[changed.length - 1] ^= 1;
  return changed;
}
