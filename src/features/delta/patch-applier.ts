/*
 * PatchApplier: passes a delta's bytes through the DeltaDecoder to the ImageSink, in slices.
 *
 * A few bytes of a patch can produce hundreds of kilobytes of image, so `write` only takes bytes and `drain` decodes them in
 * slices. While `safe` is true, the state to resume from after a power cut fits one value of the store: the state of the
 * decoder and of the patch's hash.
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

  /** @param saved result of `save` in an earlier run; the sink then continues at `produced` @throws Fault when it is damaged */
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

  /** Bytes of the image that are decoded and written. */
  get produced(): number {
    return this._decoder.produced;
  }

  /** Bytes of the patch that are decoded. */
  get consumed(): number {
    return this._decoder.consumed;
  }

  get toSize(): number | undefined {
    return this._decoder.toSize;
  }

  /** True when `save` may be called and the slot holds exactly `produced` bytes. */
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

  /** Takes bytes of the patch; allowed only after `drain` has returned true. */
  write(bytes: Uint8Array): void {
    this._rest = bytes.slice();
  }

  /**
   * Decodes one slice.
   *
   * @returns true when all bytes of the last `write` are decoded
   * @throws Fault of the decoder, of the new image, or of stage "image": "patch-source-mismatch", "patch-corrupt"
   */
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
   * The patch is complete: decodes the rest.
   * @param checksum SHA-256 of the patch, lower-case hex, when the server gave one
   * @throws Fault of stage "download": "checksum-mismatch", or of the patch or the image
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

  /** Says what an operator can do: the rebuilt image is not the uploaded one. */
  explain(fault: Fault): Fault {
    return sourceMismatch(fault);
  }

  private _write(bytes: Uint8Array): void {
    this._sink ??= this._options.sink(this._decoder.toSize ?? 0, 0);
    this._sink.write(bytes);
  }

  /**
   * A patch that is applied to the wrong image produces rubbish: whatever is wrong with the rebuilt image is that, and not what
   * its own sentence says (a version that is none, another chip).
   */
  private _mismatch(error: unknown): Fault {
    const fault = asFault(error, "image", "patch-corrupt");
    const ofPatch = fault.code.startsWith("patch-") || fault.code.startsWith("delta-");
    return fault.stage === "image" && !ofPatch && fault.code !== "image-too-large" ? sourceMismatch(fault) : fault;
  }
}

/** The fault of a delta that was made against another image than the running one. */
const sourceMismatch = (cause: Fault): Fault => {
  const text =
    "The delta does not fit the running image, which is not byte for byte the uploaded file: flash the uploaded file once, or switch deltas off in the deployment group.";
  return new Fault("image", "patch-source-mismatch", text, cause);
};
