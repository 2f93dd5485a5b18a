/*
 * Verification of an image as it lies in a slot, in slices: one `step` reads one buffer, so that the caller can serve
 * its connection in between. 1.4 MB read 4 KB at a time are 350 steps.
 *
 * The rule it guards: what is activated was verified from flash, not from the memory that it was written from.
 */

import type { Crypto, Digest } from "../host/crypto.js";
import type { Slot } from "../host/slots.js";
import { ImageVerifier, type VerifiedImage } from "./image-verifier.js";

export class SlotVerification {
  readonly #slot: Slot;
  readonly #size: number;
  readonly #buffer: Uint8Array;
  readonly #verifier: ImageVerifier;
  readonly #whole: Digest;
  #offset = 0;
  #image: VerifiedImage | undefined;
  #sha256: Uint8Array | undefined;

  /**
   * @param slot where the image lies, from offset 0
   * @param size of the file that was written there, in bytes, signature included
   * @param crypto for the hashes
   * @param buffer read into; its length is the most that one step reads
   */
  constructor(slot: Slot, size: number, crypto: Crypto, buffer: Uint8Array) {
    this.#slot = slot;
    this.#size = size;
    this.#buffer = buffer;
    this.#verifier = new ImageVerifier(crypto, Math.min(size, slot.size));
    this.#whole = crypto.digest("sha256");
  }

  /**
   * Reads and checks the next piece.
   *
   * @returns true when all is read and the image is intact; `image` and `sha256` are then set
   * @throws Fault of stage "image" when it is not intact, of stage "flash" when the slot cannot be read
   */
  step(): boolean {
    if (this.#image) return true;
    const count = Math.min(this.#buffer.byteLength, this.#size - this.#offset);
    if (count > 0) {
      const piece = count === this.#buffer.byteLength ? this.#buffer : this.#buffer.subarray(0, count);
      this.#slot.read(this.#offset, piece);
      this.#verifier.update(piece);
      this.#whole.update(piece);
      this.#offset += count;
    }
    if (this.#offset < this.#size) return false;
    this.#image = this.#verifier.finish(this.#size);
    this.#sha256 = this.#whole.finish();
    return true;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** What was found; undefined until `step` returned true. */
  get image(): VerifiedImage | undefined {
    return this.#image;
  }

  /** SHA-256 of the whole file, to compare with the server's checksum; undefined until `step` returned true. */
  get sha256(): Uint8Array | undefined {
    return this.#sha256;
  }
}
