/*
 * Chunk: collects rebuilt bytes (source plus difference, or new bytes) until they are written as one piece.
 *
 * It also owns the decoder's memory: one buffer that holds the chunk, a block of the source and heatshrink's history.
 * `copyWithin` moves bytes between these parts without a view per copy. Differences are added four at a time, since on XS
 * reading a typed array element costs as much as three operations. Differences are mostly zeros: nothing is added where
 * the history is known to be zero.
 *
 * The rule it guards: the source is read in whole blocks inside its size. The caller has checked every range.
 */

import { Heatshrink, historySize } from "./heatshrink.js";

/** Bytes of every write but the last: a flash sector, so that every saved state continues at the start of a sector. */
export const chunkSize = 4096;

/** Bytes of the source that are read at once. */
const blockSize = 1024;

/** Differences up to this many bytes are added bytewise: moving them into alignment would cost as much. */
const unalignedLimit = 8;

const blockOffset = chunkSize;
const historyOffset = chunkSize + blockSize;

/** The image that the patch was made against: the running one, read in its slot. */
export interface DeltaSource {
  /** Bytes that may be read: the length of the image or of its slot. */
  readonly size: number;
  /** Fills `into` from `offset`, within `size`. What it throws passes through `push` and ends the decoder. */
  read(offset: number, into: Uint8Array): void;
}

export interface ChunkOptions {
  source: DeltaSource;
  /** Takes rebuilt bytes, in order; the view is valid during the call. What it throws ends the decoder. */
  write(bytes: Uint8Array): void;
}

export class Chunk {
  readonly heatshrink: Heatshrink;
  /** Bytes rebuilt and not written yet. */
  length = 0;
  private readonly _options: ChunkOptions;
  private readonly _bytes: Uint8Array;
  private readonly _words: Int32Array;
  private readonly _whole: Uint8Array;
  private readonly _block: Uint8Array;
  private _blockStart = 0;
  private _blockEnd = 0;

  constructor(options: ChunkOptions, windowBits: number, lookaheadBits: number) {
    this._options = options;
    const buffer = new ArrayBuffer(historyOffset + historySize(windowBits));
    this._bytes = new Uint8Array(buffer);
    this._words = new Int32Array(buffer);
    this._whole = new Uint8Array(buffer, 0, chunkSize);
    this._block = new Uint8Array(buffer, blockOffset, Math.min(blockSize, options.source.size));
    this.heatshrink = new Heatshrink(this._bytes, historyOffset, windowBits, lookaheadBits);
  }

  /** Appends the next `count` bytes of the history. */
  append(count: number): void {
    const heatshrink = this.heatshrink;
    const from = heatshrink.position - heatshrink.unread;
    this._bytes.copyWithin(this.length, from, from + count);
    heatshrink.unread -= count;
    this.length += count;
  }

  /** Appends `count` bytes of the source plus the next `count` bytes of the history, each modulo 256. */
  appendDifference(sourcePosition: number, count: number): void {
    const heatshrink = this.heatshrink;
    const to = this.length;
    this._appendSource(sourcePosition, count);
    let from = heatshrink.position - heatshrink.unread;
    if (heatshrink.nonZeroEnd > from) {
      if (count > unalignedLimit && ((from ^ to) & 3) !== 0) {
        heatshrink.rewind(to);
        from = heatshrink.position - heatshrink.unread;
      }
      this._add(from, Math.min(from + count, heatshrink.nonZeroEnd), to);
    }
    heatshrink.unread -= count;
  }

  /** Writes the chunk and starts an empty one. */
  flush(): void {
    this._options.write(this.length === chunkSize ? this._whole : this._whole.subarray(0, this.length));
    this.length = 0;
  }

  private _appendSource(sourcePosition: number, count: number): void {
    const bytes = this._bytes;
    let length = this.length;
    const end = length + count;
    while (length < end) {
      if (sourcePosition < this._blockStart || sourcePosition >= this._blockEnd) this._readBlock(sourcePosition);
      const from = blockOffset + sourcePosition - this._blockStart;
      const part = Math.min(end - length, this._blockEnd - sourcePosition);
      bytes.copyWithin(length, from, from + part);
      length += part;
      sourcePosition += part;
    }
    this.length = length;
  }

  private _readBlock(sourcePosition: number): void {
    const { source } = this._options;
    const size = this._block.byteLength;
    const start = Math.min(sourcePosition - (sourcePosition % blockSize), source.size - size);
    this._blockEnd = 0;
    source.read(start, this._block);
    this._blockStart = start;
    this._blockEnd = start + size;
  }

  /** bytes[to + i] += bytes[from + i] while from + i < end: by words where `from` and `to` are equal modulo 4. */
  private _add(from: number, end: number, to: number): void {
    const bytes = this._bytes;
    const distance = to - from;
    if ((distance & 3) === 0) {
      const words = this._words;
      while ((from & 3) !== 0 && from < end) {
        bytes[from + distance] += bytes[from];
        from++;
      }
      const wordDistance = distance >> 2;
      const wordEnd = end >> 2;
      for (let i = from >> 2; i < wordEnd; i++) {
        const difference = words[i];
        if (difference !== 0) {
          // Four sums at once: the low seven bits are added, so no carry leaves a byte; the top bits are added by XOR.
          const j = i + wordDistance;
          const value = words[j];
          words[j] = ((value & 0x7f7f7f7f) + (difference & 0x7f7f7f7f)) ^ ((value ^ difference) & -0x7f7f7f80);
        }
      }
      from = Math.max(from, wordEnd << 2);
    }
    for (; from < end; from++) bytes[from + distance] += bytes[from];
  }
}
