/*
 * SHA-256 (FIPS 180-4) whose state can be saved and restored.
 *
 * The platforms' own implementations are faster but cannot save their state. This one is for the one place that needs it:
 * the checksum of a patch whose download goes on after a power cut. The bytes before the cut were applied and not kept,
 * so the state of the hash is kept instead. Use the platform's `Crypto` everywhere else.
 */

/** FIPS 180-4 §4.2.2: fractional parts of the cube roots of the first 64 primes. */
const k = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

const blockSize = 64;
/** Bytes of a saved state: the hash words, the number of bytes so far, and the unfinished block. */
export const sha256StateSize = 32 + 8 + blockSize;

export class Sha256 {
  /** FIPS 180-4 §5.3.3: fractional parts of the square roots of the first 8 primes. */
  private readonly _hash = new Int32Array([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]);
  private readonly _block = new Uint8Array(blockSize);
  private readonly _view = new DataView(this._block.buffer);
  private readonly _w = new Int32Array(64);
  private _length = 0;

  /** @param saved what `save` gave; undefined when it has another size */
  static restore(saved: Uint8Array): Sha256 | undefined {
    if (saved.byteLength !== sha256StateSize) return undefined;
    const sha = new Sha256();
    const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
    for (let i = 0; i < 8; i++) sha._hash[i] = view.getInt32(i * 4);
    sha._length = view.getFloat64(32);
    sha._block.set(saved.subarray(40));
    return sha;
  }

  save(): Uint8Array {
    const bytes = new Uint8Array(sha256StateSize);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 8; i++) view.setInt32(i * 4, this._hash[i]);
    view.setFloat64(32, this._length);
    bytes.set(this._block, 40);
    return bytes;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength) {
      const filled = this._length % blockSize;
      const count = Math.min(blockSize - filled, bytes.byteLength - at);
      this._block.set(bytes.subarray(at, at + count), filled);
      this._length += count;
      at += count;
      if (filled + count === blockSize) this._compress();
    }
  }

  /** The hash of everything so far; the object must not be used afterwards. */
  finish(): Uint8Array {
    const bits = this._length * 8;
    const padding = new Uint8Array(paddingSize(this._length));
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.byteLength - 8, Math.floor(bits / 0x100000000));
    view.setUint32(padding.byteLength - 4, bits % 0x100000000);
    this.update(padding);
    const digest = new Uint8Array(32);
    const out = new DataView(digest.buffer);
    for (let i = 0; i < 8; i++) out.setInt32(i * 4, this._hash[i]);
    return digest;
  }

  /** FIPS 180-4 §6.2.2. */
  private _compress(): void {
    const w = this._w;
    const hash = this._hash;
    for (let i = 0; i < 16; i++) w[i] = this._view.getInt32(i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = hash[0];
    let b = hash[1];
    let c = hash[2];
    let d = hash[3];
    let e = hash[4];
    let f = hash[5];
    let g = hash[6];
    let h = hash[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    hash[0] = (hash[0] + a) | 0;
    hash[1] = (hash[1] + b) | 0;
    hash[2] = (hash[2] + c) | 0;
    hash[3] = (hash[3] + d) | 0;
    hash[4] = (hash[4] + e) | 0;
    hash[5] = (hash[5] + f) | 0;
    hash[6] = (hash[6] + g) | 0;
    hash[7] = (hash[7] + h) | 0;
  }
}

/** A one bit, zeros, and the length in 64 bits, up to a whole block (FIPS 180-4 §5.1.1). */
const paddingSize = (length: number): number => {
  const filled = length % blockSize;
  return filled < 56 ? blockSize - filled : 2 * blockSize - filled;
};
