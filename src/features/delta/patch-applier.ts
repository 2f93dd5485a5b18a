/*
 * PatchApplier: a delta's bytes on their way to the ImageSink, through the decoder, in slices.
 *
 * A few bytes of a patch can stand for hundreds of kilobytes of image, so `write` only takes a piece and `drain` works it
 * off, a chunk of output at a time. At the points it says are safe, everything that is needed to go on after a power cut
 * fits in one value of the store: the decoder's state and that of the patch's hash.
 */

import { DeltaDecoder } from "../../../modules/delta/decoder.js";
import { asFault, Fault } from "../../../modules/fault/fault.js";
import { Sha256, sha256StateSize } from "../../../modules/sha256/sha256.js";
import { toHex } from "../../../modules/text/hex.js";
import type { DecoderOptions, ImageDecoder } from "../../update/image-format.js";
import type { ImageSink } from "../../update/image-sink.js";

/** Decoder pushes in one slice; each rebuilds at most 4 KB (modules/delta/decoder.ts). */
const pushesPerSlice = 4;

export class PatchApplier implements ImageDecoder {
  private readonly _decoder: DeltaDecoder;
  private readonly _hash: Sha256;
  private readonly _options: DecoderOptions;
  private _sink: ImageSink | undefined;
  private _rest = new Uint8Array(0);

  /** @param saved what `save` gave in an earlier run; its sink then continues at `produced` */
  constructor(options: DecoderOptions, saved?: Uint8Array) {
    this._options = options;
    const decoderOptions = {
      source: options.source,
      maxToSize: options.slotSize,
      write: (bytes: Uint8Array) => this._write(bytes),
    };
    if (saved === undefined) {
      this._decoder = new DeltaDecoder(decoderOptions);
      this._hash = new Sha256();
    } else {
      const hash = Sha256.restore(saved.subarray(0, sha256StateSize));
      if (hash === undefined)
        throw new Fault("image", "delta-state-invalid", "The saved state of the delta is damaged.");
      this._hash = hash;
      this._decoder = DeltaDecoder.restore(decoderOptions, saved.subarray(sha256StateSize));
      const { toSize } = this._decoder;
      if (toSize !== undefined) this._sink = options.sink(toSize, this._decoder.produced);
    }
  }

  /** Bytes of the image rebuilt and written. */
  get produced(): number {
    return this._decoder.produced;
  }

  /** Bytes of the patch applied. */
  get consumed(): number {
    return this._decoder.consumed;
  }

  get toSize(): number | undefined {
    return this._decoder.toSize;
  }

  /** True when `save` is allowed and the slot holds exactly what it describes. */
  get safe(): boolean {
    return this._decoder.savable && this._sink !== undefined && this._sink.durable === this.produced;
  }

  save(): Uint8Array {
    const state = this._decoder.save();
    const bytes = new Uint8Array(sha256StateSize + state.byteLength);
    bytes.set(this._hash.save());
    bytes.set(state, sha256StateSize);
    return bytes;
  }

  /** Takes bytes of the patch, only when `drain` has said that it is done. */
  write(bytes: Uint8Array): void {
    this._rest = bytes.slice();
  }

  /** @returns true when the bytes of the last `write` are applied */
  drain(): boolean {
    try {
      for (let i = 0; i < pushesPerSlice && this._rest.byteLength > 0; i++) {
        const taken = this._decoder.push(this._rest);
        this._hash.update(this._rest.subarray(0, taken));
        this._rest = this._rest.subarray(taken);
        if (this.safe) break;
      }
    } catch (error) {
      throw this._mismatch(error);
    }
    return this._rest.byteLength === 0;
  }

  /**
   * The patch is complete: rebuilds the rest.
   * @param checksum of the patch, lower-case hex, when the server gave one
   */
  finish(checksum: string | undefined): void {
    if (checksum !== undefined && toHex(this._hash.finish()) !== checksum) {
      throw new Fault("download", "checksum-mismatch", "The delta's bytes are not those that the server announced.");
    }
    try {
      this._decoder.finish();
      this._sink?.finish();
    } catch (error) {
      throw this._mismatch(error);
    }
  }

  /** An operator can act on it: the rebuilt image is not the one that was uploaded. */
  explain(fault: Fault): Fault {
    return sourceMismatch(fault);
  }

  private _write(bytes: Uint8Array): void {
    this._sink ??= this._options.sink(this._decoder.toSize ?? 0, 0);
    this._sink.write(bytes);
  }

  /** A patch applied to another image than it was made against gives rubbish, which shows up as any of these. */
  private _mismatch(error: unknown): Fault {
    const fault = asFault(error, "image", "patch-corrupt");
    const rubbish = ["not-an-image", "no-app-description", "image-header", "image-segments", "image-segment-length"];
    return rubbish.includes(fault.code) || fault.code === "wrong-uuid" ? sourceMismatch(fault) : fault;
  }
}

/** What an operator can do when the rebuilt image is not the one that was uploaded. */
const sourceMismatch = (cause: Fault): Fault => {
  const text =
    "The delta does not fit the running image, which is not byte for byte the uploaded file: flash the uploaded file once, or switch deltas off in the deployment group.";
  return new Fault("image", "patch-source-mismatch", text, cause);
};
