/*
 * SlotCheck: the verification of an update as it lies in flash, before it may start. In slices of one read.
 *
 * One pass over the slot feeds everything there is to compare with: the server's part checksums (which tell what to
 * download again), its checksum of the whole, and the image's own structure, checksum byte and appended SHA-256.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Crypto, Digest } from "../../modules/host/crypto.js";
import type { Slot } from "../../modules/host/slots.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import { toHex } from "../../modules/text/hex.js";
import { partSize } from "./offer.js";
import { PartCheck } from "./part-check.js";

export interface SlotCheckOptions {
  crypto: Crypto;
  slot: Slot;
  /** Bytes of the image. */
  size: number;
  /** SHA-256 of the slot's content, lower-case hex, where known (not for a patched image). */
  checksum: string | undefined;
  parts: readonly string[];
}

const readSize = 4096;

export class SlotCheck {
  readonly #options: SlotCheckOptions;
  readonly #buffer = new Uint8Array(readSize);
  readonly #whole: Digest;
  readonly #parts: PartCheck;
  readonly #verifier: ImageVerifier;
  #offset = 0;
  #fault: Fault | undefined;

  constructor(options: SlotCheckOptions) {
    this.#options = options;
    this.#whole = options.crypto.digest("sha256");
    this.#parts = new PartCheck(options.crypto, options.parts, options.size, 0);
    this.#verifier = new ImageVerifier(options.crypto, options.size);
  }

  /**
   * @returns true when all is read and right, false when there is more to read, or the range that must be fetched again
   * @throws Fault of stage "image" or "download": the whole is wrong, and no part says where
   */
  step(): boolean | { from: number; to: number } {
    const { slot, size } = this.#options;
    const piece = this.#buffer.subarray(0, Math.min(readSize, size - this.#offset));
    slot.read(this.#offset, piece);
    this.#offset += piece.byteLength;
    this.#whole.update(piece);
    this.#structure(() => this.#verifier.update(piece));
    const bad = this.#parts.update(piece);
    if (bad !== undefined) return { from: bad, to: Math.min(bad + partSize, size) };
    if (this.#offset < size) return false;
    this.#structure(() => void this.#verifier.finish(size));
    this.#judge();
    return true;
  }

  /** A damaged structure is reported at the end: a bad part, found first, says more and can be mended. */
  #structure(body: () => void): void {
    if (this.#fault !== undefined) return;
    try {
      body();
    } catch (error) {
      this.#fault = asFault(error, "image", "image-corrupt");
    }
  }

  #judge(): void {
    const { checksum } = this.#options;
    if (checksum !== undefined && toHex(this.#whole.finish()) !== checksum) {
      throw new Fault("download", "checksum-mismatch", "The image in flash is not the one that the server announced.");
    }
    if (this.#fault !== undefined) throw this.#fault;
  }
}
