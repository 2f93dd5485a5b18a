/*
 * DeltaDecoder: rebuilds an image from the running one and a detools patch, sequential type, heatshrink compression
 * (detools 0.53.0 `apply.py` apply_patch_sequential; NervesHub's deltas for ESP-IDF).
 *
 * A patch has the patch type (a byte), the size of the rebuilt image, heatshrink's parameters (a byte); then, compressed,
 * the size of a data format patch (0 here) and blocks until the image is complete. A block has the size and bytes of a
 * difference, which are added to the source's bytes; the size and bytes of new data; and how far to move in the source.
 * Sizes are signed and of variable length: bit 7 of a byte says that another follows, bit 6 of the first is the sign.
 *
 * Rebuilt bytes are written in chunks of a flash sector (4096 bytes, the last one shorter), and `push` returns after each
 * chunk. `save` then gives the state from which `restore` continues after a restart; it fits into one value of the store.
 * Memory: 6.4 KB for NervesHub's window of 256 bytes, 10.2 KB for the largest window, allocated once.
 *
 * It does not verify the result: a patch has no checksum of what it rebuilds, and a wrong source gives wrong bytes without
 * any error. The caller checks the rebuilt image.
 *
 * The rule it guards: no number of the patch is believed. No byte is read outside the source, no byte is written beyond
 * the announced size or `maxToSize`, and a call of `push` does a bounded amount of work.
 */

import { Fault } from "../fault/fault.js";
import { checkPatchType } from "../ota/patch-type.js";
import { Chunk, type ChunkOptions, chunkSize } from "./chunk.js";
import { mostInflated } from "./heatshrink.js";
import {
  type DecoderState,
  DeltaPhase,
  deltaWindowBitsLimit,
  lookaheadBitsOf,
  packState,
  sizeBytesLimit,
  unpackState,
  windowBitsOf,
} from "./state.js";

export interface DeltaOptions extends ChunkOptions {
  /** The largest image to rebuild, in bytes: the size of the slot. */
  maxToSize: number;
}

/** Decompressed bytes that one call may use: a chunk and the sizes between its pieces, so that most calls end with a write. */
const budgetLimit = chunkSize + 1024;

const nothing = new Uint8Array(0);

export class DeltaDecoder {
  private readonly _options: DeltaOptions;
  private readonly _state: DecoderState;
  private _chunk: Chunk | undefined;
  private _failure: unknown;

  constructor(options: DeltaOptions) {
    this._options = options;
    this._state = {
      phase: DeltaPhase.type,
      toSize: 0,
      produced: 0,
      consumed: 0,
      sourcePosition: 0,
      left: 0,
      size: 0,
      sizeBytes: 0,
      sizeNegative: false,
    };
  }

  /**
   * Continues from what `save` gave: the caller writes on behind the first `produced` bytes of the image, and pushes the
   * patch from byte `consumed` on. The source must be the same.
   * @throws Fault of stage "image": "delta-state-invalid"
   */
  static restore(options: DeltaOptions, saved: Uint8Array): DeltaDecoder {
    const { state, window } = unpackState(saved, options.source.size, options.maxToSize, chunkSize);
    const decoder = new DeltaDecoder(options);
    Object.assign(decoder._state, state);
    if (window !== undefined) {
      decoder._chunk = new Chunk(options, window.windowBits, window.lookaheadBits);
      decoder._chunk.heatshrink.restore(window);
    }
    return decoder;
  }

  /**
   * Size of the rebuilt image in bytes, once the patch has told it: in its first seven bytes at most. Pushing seven bytes
   * with a budget of seven rebuilds nothing, so a caller can learn whether the image fits before it erases a slot.
   */
  get toSize(): number | undefined {
    return this._state.phase > DeltaPhase.toSize ? this._state.toSize : undefined;
  }

  /** Bytes handed to `write` since the beginning. */
  get produced(): number {
    return this._state.produced;
  }

  /** Bytes of the patch taken since the beginning. */
  get consumed(): number {
    return this._state.consumed;
  }

  /** True when the whole image was written and the patch has ended. */
  get finished(): boolean {
    return this._state.phase === DeltaPhase.end;
  }

  /** True when every rebuilt byte was written, as after every call that wrote: `save` is then allowed. */
  get savable(): boolean {
    return this._failure === undefined && (this._chunk === undefined || this._chunk.length === 0);
  }

  /**
   * Takes patch bytes. Returns after one `write` or after `budget` decompressed bytes, whichever comes first: push the
   * rest again until all of it is taken.
   * @param budget decompressed bytes (sizes, differences, new data) to use at most; a budget above 5120 counts as 5120
   * @returns how many of `bytes` were taken
   * @throws Fault of stage "image", which every later call throws again: "patch-type-unsupported",
   *   "patch-compression-unsupported", "patch-window-too-large", "patch-data-format-unsupported", "patch-too-large" (the
   *   rebuilt image exceeds the slot), "patch-source-range", "patch-overrun" (a piece exceeds the announced size),
   *   "patch-corrupt"
   */
  push(bytes: Uint8Array, budget: number = budgetLimit): number {
    if (this._failure !== undefined) throw this._failure;
    try {
      const taken = this._decode(bytes, Math.min(budget, budgetLimit));
      this._state.consumed += taken;
      return taken;
    } catch (error) {
      this._failure = error;
      throw error;
    }
  }

  /**
   * Ends the patch: writes what the decompressor still holds (less than a chunk) and makes sure that the image is complete.
   * @throws Fault of stage "image": "patch-truncated", and what `push` throws
   */
  finish(): void {
    // Twice: the first call may return after a write, with bytes still in the decompressor.
    for (let calls = 0; calls < 2 && !this.finished; calls++) this.push(nothing);
    if (this.finished) return;
    const { produced, toSize, consumed } = this._state;
    this._failure = new Fault(
      "image",
      "patch-truncated",
      `The delta ends too early, after ${consumed} bytes, with ${produced} of ${toSize} bytes of the image rebuilt.`,
    );
    throw this._failure;
  }

  /**
   * The state after the last write, for `restore`: 44 bytes and the window, 300 for NervesHub's deltas, 4140 at most.
   * @throws Fault of stage "image": "delta-not-savable", unless `savable`
   */
  save(): Uint8Array {
    if (!this.savable) throw new Fault("image", "delta-not-savable", "The delta is between two chunks, or has failed.");
    return packState(this._state, this._chunk?.heatshrink.save());
  }

  private _decode(bytes: Uint8Array, budget: number): number {
    const state = this._state;
    let offset = 0;
    while (budget > 0) {
      if (state.phase === DeltaPhase.end) {
        if (offset < bytes.byteLength) throw corrupt("bytes follow its end");
        break;
      }
      const chunk = this._chunk;
      if (chunk === undefined) {
        if (offset === bytes.byteLength) break;
        this._header(bytes[offset++]);
        budget--;
        continue;
      }
      const heatshrink = chunk.heatshrink;
      const copies = state.phase === DeltaPhase.diff || state.phase === DeltaPhase.extra;
      const wanted = copies ? Math.min(state.left, chunkSize - chunk.length) : 0;
      if (heatshrink.unread === 0) {
        // Inflates ahead by a window at most, so that what is unread after a chunk lies in the window that `save` keeps.
        heatshrink.inflate(bytes, offset, Math.min(mostInflated, wanted + (1 << heatshrink.windowBits)));
        offset = heatshrink.inputPosition;
        if (heatshrink.unread === 0) break;
      }
      if (copies) {
        const count = Math.min(wanted, heatshrink.unread, budget);
        budget -= count;
        if (this._piece(chunk, count)) break;
      } else {
        budget--;
        this._sizeByte(heatshrink.bytes[heatshrink.position - heatshrink.unread--]);
      }
    }
    return offset;
  }

  /** Takes a byte of the uncompressed header: patch type, image size, heatshrink's parameters. */
  private _header(byte: number): void {
    const state = this._state;
    if (state.phase === DeltaPhase.type) {
      checkPatchType(byte);
      state.phase = DeltaPhase.toSize;
    } else if (state.phase === DeltaPhase.toSize) this._sizeByte(byte);
    else {
      const windowBits = windowBitsOf(byte);
      const lookaheadBits = lookaheadBitsOf(byte);
      if (windowBits > deltaWindowBitsLimit)
        throw new Fault(
          "image",
          "patch-window-too-large",
          `The delta needs a window of ${2 ** windowBits} bytes, this device holds ${2 ** deltaWindowBitsLimit}; make it with detools' default of 256.`,
        );
      if (lookaheadBits >= windowBits) throw corrupt("its lookahead is as large as its window");
      this._chunk = new Chunk(this._options, windowBits, lookaheadBits);
      state.phase = DeltaPhase.dataFormat;
    }
  }

  /** Takes the next byte of a size; the last byte of a size has `_size` act on it. */
  private _sizeByte(byte: number): void {
    const state = this._state;
    if (state.sizeBytes === 0) {
      state.sizeNegative = (byte & 0x40) !== 0;
      state.size = byte & 0x3f;
    } else state.size += (byte & 0x7f) * 2 ** (7 * state.sizeBytes - 1);
    state.sizeBytes++;
    if ((byte & 0x80) !== 0) {
      if (state.sizeBytes === sizeBytesLimit) throw corrupt("a size is longer than 34 bits");
      return;
    }
    const size = state.sizeNegative ? 0 - state.size : state.size;
    state.size = 0;
    state.sizeBytes = 0;
    state.sizeNegative = false;
    this._size(size);
  }

  private _size(size: number): void {
    const state = this._state;
    if (state.phase === DeltaPhase.adjustment) {
      this._adjust(size);
      return;
    }
    if (size < 0) throw corrupt("a size is negative");
    if (state.phase === DeltaPhase.toSize) {
      if (size > this._options.maxToSize)
        throw new Fault(
          "image",
          "patch-too-large",
          `The delta rebuilds an image of ${size} bytes, the slot holds ${this._options.maxToSize}.`,
        );
      state.toSize = size;
      state.phase = size === 0 ? DeltaPhase.end : DeltaPhase.parameters;
    } else if (state.phase === DeltaPhase.dataFormat) {
      if (size !== 0)
        throw new Fault(
          "image",
          "patch-data-format-unsupported",
          "The delta was made with detools' --data-format; make it without, as the server does.",
        );
      state.phase = DeltaPhase.diffSize;
    } else {
      if (size > state.toSize - state.produced - this._chunk!.length)
        throw new Fault("image", "patch-overrun", `The delta goes beyond its image of ${state.toSize} bytes.`);
      if (state.phase === DeltaPhase.diffSize) {
        if (size > this._options.source.size - state.sourcePosition)
          throw this._sourceRange(state.sourcePosition + size);
        state.phase = size > 0 ? DeltaPhase.diff : DeltaPhase.extraSize;
      } else state.phase = size > 0 ? DeltaPhase.extra : DeltaPhase.adjustment;
      state.left = size;
    }
  }

  /** @returns true when a chunk was written and more follow */
  private _piece(chunk: Chunk, count: number): boolean {
    const state = this._state;
    if (state.phase === DeltaPhase.diff) {
      chunk.appendDifference(state.sourcePosition, count);
      state.sourcePosition += count;
    } else chunk.append(count);
    state.left -= count;
    if (state.left === 0) state.phase = state.phase === DeltaPhase.diff ? DeltaPhase.extraSize : DeltaPhase.adjustment;
    const { length } = chunk;
    if (length < chunkSize && state.produced + length < state.toSize) return false;
    chunk.flush();
    state.produced += length;
    return state.produced < state.toSize;
  }

  private _adjust(distance: number): void {
    const state = this._state;
    if (state.produced === state.toSize) {
      const { unread, bits, bitCount, pending } = this._chunk!.heatshrink;
      if (unread > 0 || pending > 0 || bitCount > 7 || bits !== 0) throw corrupt("data follows its last block");
      state.phase = DeltaPhase.end;
      return;
    }
    const position = state.sourcePosition + distance;
    if (position < 0 || position > this._options.source.size) throw this._sourceRange(position);
    state.sourcePosition = position;
    state.phase = DeltaPhase.diffSize;
  }

  private _sourceRange(position: number): Fault {
    return new Fault(
      "image",
      "patch-source-range",
      `The delta reads byte ${position} of the running image, which has ${this._options.source.size}: it was made for another image.`,
    );
  }
}

const corrupt = (what: string): Fault => {
  return new Fault("image", "patch-corrupt", `The delta is damaged: ${what}.`);
};
