/*
 * Checks a file in consecutive parts of 1 MiB while its bytes pass, so that a damaged part is noticed where it ends and
 * not at the end of the whole.
 */

import type { Crypto, Digest } from "../../modules/host/crypto.js";
import { toHex } from "../../modules/text/hex.js";
import { partSize } from "./offer.js";

export class PartCheck {
  private readonly _crypto: Crypto;
  private readonly _parts: readonly string[];
  private readonly _size: number | undefined;
  private _digest: Digest;
  private _position: number;
  /** Begun in the middle of a part: the rest of that part cannot be judged. */
  private _blind: boolean;

  /**
   * @param parts SHA-256 of each part, lower-case hex; may be empty: then nothing is checked
   * @param size bytes of the file, or undefined when the server did not say
   * @param position offset in the file at which the first `update` begins
   */
  constructor(crypto: Crypto, parts: readonly string[], size: number | undefined, position: number) {
    this._crypto = crypto;
    this._parts = parts;
    this._size = size;
    this._digest = crypto.digest("sha256");
    this._position = position;
    this._blind = position % partSize !== 0;
  }

  /**
   * How many more bytes may be passed to `update` before a part ends.
   * @returns bytes, at least 1
   */
  get room(): number {
    return partSize - (this._position % partSize);
  }

  /**
   * @param bytes at most `room` of them
   * @returns the offset of a part that turned out bad, or undefined
   */
  update(bytes: Uint8Array): number | undefined {
    this._digest.update(bytes);
    this._position += bytes.byteLength;
    if (this._position % partSize !== 0 && this._position !== this._size) return undefined;
    const index = Math.ceil(this._position / partSize) - 1;
    const digest = toHex(this._digest.finish());
    const judged = !this._blind && index < this._parts.length;
    this._digest = this._crypto.digest("sha256");
    this._blind = false;
    return judged && digest !== this._parts[index] ? index * partSize : undefined;
  }
}
