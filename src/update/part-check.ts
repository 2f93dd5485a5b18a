/*
 * Checks a file in consecutive parts of 1 MiB while its bytes pass, so that a damaged part is noticed where it ends and
 * not at the end of the whole.
 */

import type { Crypto, Digest } from "../../modules/host/crypto.js";
import { toHex } from "../../modules/text/hex.js";
import { partSize } from "./offer.js";

export class PartCheck {
  readonly #crypto: Crypto;
  readonly #parts: readonly string[];
  readonly #size: number | undefined;
  #digest: Digest;
  #position: number;
  /** Begun in the middle of a part: the rest of that part cannot be judged. */
  #blind: boolean;

  /**
   * @param parts SHA-256 of each part, lower-case hex; may be empty: then nothing is checked
   * @param size bytes of the file, or undefined when the server did not say
   * @param position offset in the file at which the first `update` begins
   */
  constructor(crypto: Crypto, parts: readonly string[], size: number | undefined, position: number) {
    this.#crypto = crypto;
    this.#parts = parts;
    this.#size = size;
    this.#digest = crypto.digest("sha256");
    this.#position = position;
    this.#blind = position % partSize !== 0;
  }

  get position(): number {
    return this.#position;
  }

  /**
   * How many more bytes may be passed to `update` before a part ends.
   * @returns bytes, at least 1
   */
  get room(): number {
    return partSize - (this.#position % partSize);
  }

  /**
   * @param bytes at most `room` of them
   * @returns the offset of a part that turned out bad, or undefined
   */
  update(bytes: Uint8Array): number | undefined {
    this.#digest.update(bytes);
    this.#position += bytes.byteLength;
    if (this.#position % partSize !== 0 && this.#position !== this.#size) return undefined;
    const index = Math.ceil(this.#position / partSize) - 1;
    const digest = toHex(this.#digest.finish());
    const judged = !this.#blind && index < this.#parts.length;
    this.#digest = this.#crypto.digest("sha256");
    this.#blind = false;
    return judged && digest !== this.#parts[index] ? index * partSize : undefined;
  }
}
