/*
 * Crypto: the primitives that a platform has in C or in hardware. Formats and protocols are built on top, in modules.
 */

export type DigestName = "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

/** An incremental hash. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The hash of everything so far; `update` may follow. */
  peek(): Uint8Array;
  /** The hash of everything so far. The object must not be used afterwards. */
  finish(): Uint8Array;
}

export interface Crypto {
  digest(name: DigestName): Digest;
  /** HMAC (RFC 2104) of `bytes` under `key`. */
  hmac(name: DigestName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** PBKDF2 (RFC 8018) with HMAC; `length` in bytes. */
  pbkdf2(name: DigestName, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array;
}
