/*
 * SeededRandom: bytes that look random and are the same for the same seed (xorshift32, Marsaglia 2003). For models and
 * made-up images; never for anything that must not be guessed.
 */

import type { Random } from "../../modules/platform/random.js";

export class SeededRandom implements Random {
  private _state: number;

  constructor(seed: number) {
    // Zero is replaced: xorshift never leaves the state zero.
    this._state = seed | 0 || 0x9e3779b9 | 0;
  }

  fill(into: Uint8Array): void {
    const end = into.byteLength;
    for (let i = 0; i < end; i += 4) {
      const bits = this._next();
      into[i] = bits;
      if (i + 1 < end) into[i + 1] = bits >> 8;
      if (i + 2 < end) into[i + 2] = bits >> 16;
      if (i + 3 < end) into[i + 3] = bits >> 24;
    }
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return (this._next() >>> 1) % limit;
  }

  private _next(): number {
    let state = this._state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this._state = state;
    return state;
  }
}
