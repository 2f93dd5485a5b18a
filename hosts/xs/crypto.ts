/*
 * XsCrypto: Crypto on XS. The hashes are those of the SDK's `crypt`; HMAC and PBKDF2 are in nh-hmac.c, over the same C code.
 */

import { Digest as SdkDigest } from "crypt";
import type { Crypto, Digest, DigestName } from "../../modules/platform/crypto.js";

const hmac = native("nh_hmac") as (name: string, key: Uint8Array, bytes: Uint8Array, into: Uint8Array) => void;
const pbkdf2 = native("nh_pbkdf2") as (
  name: string,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  into: Uint8Array,
) => void;

/** Bytes of each digest. */
const digestSizes = Object.freeze({ sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 });

class XsDigest implements Digest {
  private readonly _digest: SdkDigest;

  constructor(name: DigestName) {
    this._digest = new SdkDigest(name.toUpperCase() as "SHA256");
  }

  update(bytes: Uint8Array): void {
    this._digest.write(bytes as unknown as ArrayBuffer); // `write` takes views, though the typings do not say so
  }

  peek(): Uint8Array {
    return new Uint8Array((this._digest as unknown as { close(peek: true): ArrayBuffer }).close(true));
  }

  finish(): Uint8Array {
    return new Uint8Array(this._digest.close());
  }
}

export class XsCrypto implements Crypto {
  digest(name: DigestName): Digest {
    return new XsDigest(name);
  }

  hmac(name: DigestName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
    const mac = new Uint8Array(digestSizes[name]);
    hmac(name, key, bytes, mac);
    return mac;
  }

  pbkdf2(name: DigestName, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array {
    const key = new Uint8Array(length);
    pbkdf2(name, password, salt, iterations, key);
    return key;
  }
}
