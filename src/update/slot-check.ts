/*
 * SlotCheck: the verification of an update as it lies in flash, before it may start. In slices of one read.
 *
 * One pass with one hash compares the image's own structure, checksum byte and appended SHA-256, and the server's checksum
 * of the whole (or, where it sent none, of the parts). Only when something is wrong does a second pass go by parts, to
 * tell what must be downloaded again.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Crypto } from "../../modules/host/crypto.js";
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
  readonly #verifier: ImageVerifier;
  #parts: PartCheck | undefined;
  #offset = 0;
  /** What was found wrong; then parts are looked for that explain it. */
  #fault: Fault | undefined;

  constructor(options: SlotCheckOptions) {
    this.#options = options;
    this.#verifier = new ImageVerifier(options.crypto, options.size);
    if (options.checksum === undefined) this.#parts = this.#newParts();
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
    const bad = this.#parts?.update(piece);
    if (bad !== undefined) return { from: bad, to: Math.min(bad + partSize, size) };
    if (this.#fault === undefined) return this.#verify(piece);
    if (this.#offset === size) throw this.#fault;
    return false;
  }

  #newParts(): PartCheck {
    const { crypto, parts, size } = this.#options;
    return new PartCheck(crypto, parts, size, 0);
  }

  #verify(piece: Uint8Array): boolean {
    const { checksum, size } = this.#options;
    try {
      this.#verifier.update(piece);
      if (this.#offset < size) return false;
      const { sha256 } = this.#verifier.finish(size);
      if (checksum === undefined || toHex(sha256) === checksum) return true;
      throw new Fault("download", "checksum-mismatch", "The image in flash is not the one that the server announced.");
    } catch (error) {
      return this.#locate(asFault(error, "image", "image-corrupt"));
    }
  }

  /** Begins the second pass, where there is anything to locate the damage by. */
  #locate(fault: Fault): false {
    if (this.#options.parts.length === 0) throw fault;
    this.#fault = fault;
    this.#parts = this.#newParts();
    this.#offset = 0;
    return false;
  }
}
