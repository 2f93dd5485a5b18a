/*
 * SlotCheck: the verification of an update as it lies in flash, before it may start. In slices of one read.
 *
 * One pass compares the server's checksum of the whole (or, where it sent none, of the parts) and the image's own
 * structure, checksum byte and appended SHA-256. Only when the whole is wrong does a second pass go by parts, to tell
 * what must be downloaded again: hashing everything three ways at once would cost a quarter of the download's CPU.
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
  readonly #verifier: ImageVerifier;
  #parts: PartCheck | undefined;
  #offset = 0;
  #fault: Fault | undefined;
  /** The second pass has begun: the whole was wrong for this reason. */
  #wrong: Fault | undefined;

  constructor(options: SlotCheckOptions) {
    this.#options = options;
    this.#whole = options.crypto.digest("sha256");
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
    if (this.#wrong === undefined) {
      if (this.#options.checksum !== undefined) this.#whole.update(piece);
      this.#structure(() => this.#verifier.update(piece));
    }
    if (this.#offset < size) return false;
    if (this.#wrong !== undefined) throw this.#wrong;
    this.#structure(() => void this.#verifier.finish(size));
    return this.#judge();
  }

  #newParts(): PartCheck {
    const { crypto, parts, size } = this.#options;
    return new PartCheck(crypto, parts, size, 0);
  }

  /** A damaged structure is reported at the end: a bad checksum, compared then, says more and may be mended. */
  #structure(body: () => void): void {
    if (this.#fault !== undefined) return;
    try {
      body();
    } catch (error) {
      this.#fault = asFault(error, "image", "image-corrupt");
    }
  }

  #judge(): boolean {
    const { checksum, parts } = this.#options;
    if (checksum !== undefined && toHex(this.#whole.finish()) !== checksum) {
      const wrong = new Fault(
        "download",
        "checksum-mismatch",
        "The image in flash is not the one that the server announced.",
      );
      if (parts.length === 0) throw wrong;
      this.#wrong = wrong;
      this.#parts = this.#newParts();
      this.#offset = 0;
      return false;
    }
    if (this.#fault !== undefined) throw this.#fault;
    return true;
  }
}
