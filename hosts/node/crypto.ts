/*
 * Crypto and Random on Node, by node:crypto.
 */

import { createHash, createHmac, pbkdf2Sync, randomFillSync } from "node:crypto";
import type { Crypto, Digest, DigestName } from "../../modules/platform/crypto.js";
import type { Random } from "../../modules/platform/random.js";

export const nodeCrypto: Crypto = {
  digest(name: DigestName): Digest {
    const hash = createHash(name);
    return {
      update: (bytes) => void hash.update(bytes),
      peek: () => new Uint8Array(hash.copy().digest()),
      finish: () => new Uint8Array(hash.digest()),
    };
  },

  hmac(name: DigestName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac(name, key).update(bytes).digest());
  },

  pbkdf2(name: DigestName, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array {
    return new Uint8Array(pbkdf2Sync(password, salt, iterations, length, name));
  },
};

export const nodeRandom: Random = {
  fill(into: Uint8Array): void {
    randomFillSync(into);
  },
};
