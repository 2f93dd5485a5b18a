/*
 * PartCheck: checks a file in consecutive parts of 1 MiB while its bytes pass, so that a damaged part is noticed at its own
 * end, not at the end of the file.
 */

import type { Crypto, Digest } from "../../modules/platform/crypto.js";
import { toHex } from "../../modules/text/hex.js";
import { partSize } from "./offer.js";

export class PartCheck {
  private readonly _crypto: Crypto;
  private readonly _parts: readonly string[];
  private readonly _size: number | undefined;
  private _digest: Digest;
  /** The check began in the middle of a part: the rest of that part cannot be checked. */
  private _blind: boolean;

  /**
   * @param parts SHA-256 of each part, lower-case hex; may be empty: then nothing is checked
   * @param size bytes of the file, or undefined when the server did not say
   * @param from offset in the file at which the first `update` begins
   */
  constructor(crypto: Crypto, parts: readonly string[], size: number | undefined, from: number) {
    this._crypto = crypto;
    this._parts = parts;
    this._size = size;
    this._digest = crypto.digest("sha256");
    this._blind = from % partSize !== 0;
  }

  /**
   * @param bytes bytes of one part only
   * @param position their offset in the file
   * @returns the offset of a part that is damaged, or undefined
   */
  update(bytes: Uint8Array, position: number): number | undefined {
    this._digest.update(bytes);
    const end = position + bytes.byteLength;
    if (end % partSize !== 0 && end !== this._size) return undefined;
    const index = Math.ceil(end / partSize) - 1;
    const digest = toHex(this._digest.finish());
    const judged = !this._blind && index < this._parts.length;
    this._digest = this._crypto.digest("sha256");
    this._blind = false;
    return judged && digest !== this._parts[index] ? index * partSize : undefined;
  }
}

/** Bytes at `position` of the file before a part ends, at least 1. */
export const untilPartEnds = (position: number): number => partSize - (position % partSize);
