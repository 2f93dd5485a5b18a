/*
 * SlotCheck: the verification of an update as it lies in flash, before it may start. In slices of one read.
 *
 * One pass with one hash compares the image's own structure, checksum byte and appended SHA-256, and the server's checksum
 * of the whole (or, where it sent none, of the parts). Only when something is wrong does a second pass go by parts, to
 * tell what must be downloaded again.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import type { Slot } from "../../modules/platform/slots.js";
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
  private readonly _options: SlotCheckOptions;
  private readonly _buffer = new Uint8Array(readSize);
  private readonly _verifier: ImageVerifier;
  private _parts: PartCheck | undefined;
  private _offset = 0;
  /** What was found wrong; then parts are looked for that explain it. */
  private _fault: Fault | undefined;

  constructor(options: SlotCheckOptions) {
    this._options = options;
    this._verifier = new ImageVerifier(options.crypto, options.size);
    if (options.checksum === undefined) this._parts = this._newParts();
  }

  /**
   * @returns true when all is read and right, false when there is more to read, or the range that must be fetched again
   * @throws Fault of stage "image" or "download": the whole is wrong, and no part says where
   */
  step(): boolean | { from: number; to: number } {
    const { slot, size } = this._options;
    const piece = this._buffer.subarray(0, Math.min(readSize, size - this._offset));
    slot.read(this._offset, piece);
    const bad = this._parts?.update(piece, this._offset);
    this._offset += piece.byteLength;
    if (bad !== undefined) return { from: bad, to: Math.min(bad + partSize, size) };
    if (this._fault === undefined) return this._verify(piece);
    if (this._offset === size) throw this._fault;
    return false;
  }

  private _newParts(): PartCheck {
    const { crypto, parts, size } = this._options;
    return new PartCheck(crypto, parts, size, 0);
  }

  private _verify(piece: Uint8Array): boolean {
    const { checksum, size } = this._options;
    try {
      this._verifier.update(piece);
      if (this._offset < size) return false;
      const { sha256 } = this._verifier.finish(size);
      if (checksum === undefined || toHex(sha256) === checksum) return true;
      throw new Fault("download", "checksum-mismatch", "The image in flash is not the one that the server announced.");
    } catch (error) {
      return this._locate(asFault(error, "image", "image-corrupt"));
    }
  }

  /** Begins the second pass, where there is anything to locate the damage by. */
  private _locate(fault: Fault): false {
    if (this._options.parts.length === 0) throw fault;
    this._fault = fault;
    this._parts = this._newParts();
    this._offset = 0;
    return false;
  }
}
