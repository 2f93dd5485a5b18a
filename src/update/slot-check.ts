/*
 * SlotCheck: verifies an image in flash before it may start, in slices of one read.
 *
 * The first pass checks the image's structure, checksum byte and appended SHA-256, and the server's checksum of the whole file
 * (or of its parts, where the server sent no checksum of the whole). When the first pass fails, a second pass checks the parts,
 * to find the part that must be downloaded again.
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
  /** SHA-256 of the image, lower-case hex; undefined when unknown, as for a patched image. */
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
  /** The fault of the first pass; while it is set, the second pass searches for the damaged part. */
  private _fault: Fault | undefined;

  constructor(options: SlotCheckOptions) {
    this._options = options;
    this._verifier = new ImageVerifier(options.crypto, options.size);
    if (options.checksum === undefined) this._parts = this._newParts();
  }

  /**
   * Checks one slice.
   * @returns true when the image is verified; false when there is more to read; or the range that must be downloaded again
   * @throws Fault of stage "image" or "download" when the image is wrong and no part is to blame
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

  /** Begins the second pass. @throws `fault` when there are no checksums of parts */
  private _locate(fault: Fault): false {
    if (this._options.parts.length === 0) throw fault;
    this._fault = fault;
    this._parts = this._newParts();
    this._offset = 0;
    return false;
  }
}
