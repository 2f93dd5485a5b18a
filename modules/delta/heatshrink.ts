/*
 * Heatshrink: the LZSS stream inside a delta (atomicobject/heatshrink, the form that detools 0.53.0 writes).
 *
 * Bits, most significant first. A token is `1` and a byte, or `0`, a distance less one (window bits) and a count less
 * one (lookahead bits). Before the first byte the window holds zeros. The encoder fills the last byte with zero bits.
 *
 * It is not a decompressor of whole streams: the caller says how many bytes it wants next, they are appended to the
 * history, and the caller reads them there; `unread` counts those that it has not read. The rule it guards: a copy of the
 * stream never makes more bytes than the caller asked for; the rest of the copy waits in `pending`.
 *
 * The loop is written for XS, where a call costs as much as ten operations and a typed array element as much as three:
 * it keeps the state in locals, reads whole tokens rather than bits, and copies by `copyWithin` and `fill`. A token takes
 * about a microsecond on a desktop core, however long its copy.
 */

import type { WindowState } from "./state.js";

/** Bytes that one call of `inflate` can append. */
export const mostInflated = 1024;

/** Bytes of history that a window of `windowBits` needs: the window, one call's output, and four for alignment. */
export const historySize = (windowBits: number): number => {
  return (1 << windowBits) + mostInflated + 4;
};

export class Heatshrink {
  readonly windowBits: number;
  readonly lookaheadBits: number;
  /** End of the history: the window is the `1 << windowBits` bytes before it. */
  position: number;
  /** Bytes before `position` that the caller has not read; it counts them down. */
  unread = 0;
  /** The history from here to `position` is known to be zero. */
  nonZeroEnd: number;
  /** Index of the first byte that the last `inflate` did not read of its input. */
  inputPosition = 0;
  /** Bits read from the input and not used, right-aligned; `bitCount` of them, 23 at most between calls. */
  bits = 0;
  bitCount = 0;
  /** The unfinished copy: its distance, and the `pending` bytes that are still to be copied. */
  distance = 0;
  pending = 0;
  /** The buffer that holds the history; its owner keeps other things in it too. */
  readonly bytes: Uint8Array;
  private readonly _start: number;
  private readonly _end: number;

  /**
   * @param bytes the buffer that holds the history
   * @param start where the history begins in `bytes`, a multiple of four; `historySize(windowBits)` zeros lie there
   * @param windowBits 4 to 12: a token and the bits left of a byte then fit into 31 bits
   * @param lookaheadBits 3 to `windowBits` - 1
   */
  constructor(bytes: Uint8Array, start: number, windowBits: number, lookaheadBits: number) {
    this.windowBits = windowBits;
    this.lookaheadBits = lookaheadBits;
    this.bytes = bytes;
    this._start = start;
    this._end = start + historySize(windowBits);
    this.position = start + (1 << windowBits);
    this.nonZeroEnd = start;
  }

  /** The state between two calls; `window` is a view of the history. */
  save(): WindowState {
    const { windowBits, lookaheadBits, unread, bits, bitCount, distance, pending, position } = this;
    const window = this.bytes.subarray(position - (1 << windowBits), position);
    return { windowBits, lookaheadBits, unread, bits, bitCount, distance, pending, window };
  }

  /** Takes over a checked state of the same parameters. */
  restore(state: WindowState): void {
    this.unread = state.unread;
    this.bits = state.bits;
    this.bitCount = state.bitCount;
    this.distance = state.distance;
    this.pending = state.pending;
    this.bytes.set(state.window, this.position - state.window.byteLength);
    this.nonZeroEnd = this.position;
  }

  /** Moves the window and the unread bytes to the front; the first unread byte is then at `alignment` modulo 4. */
  rewind(alignment: number): void {
    const kept = Math.max(1 << this.windowBits, this.unread);
    const position = this._start + kept + ((alignment + this.unread - kept) & 3);
    this.bytes.copyWithin(position - kept, this.position - kept, this.position);
    this.nonZeroEnd += position - this.position;
    this.position = position;
  }

  /**
   * Appends up to `limit` bytes to the history, fewer when `input`, read from `offset`, ends first.
   * `limit` is `mostInflated` at most, and `unread` must be 0.
   */
  inflate(input: Uint8Array, offset: number, limit: number): void {
    if (this._end - this.position < limit) this.rewind(0);
    const bytes = this.bytes;
    const begin = this.position;
    const end = begin + limit;
    const inputEnd = input.byteLength;
    const pairEnd = inputEnd - 1;
    const lookaheadBits = this.lookaheadBits;
    const copyBits = 1 + this.windowBits + lookaheadBits;
    const distanceMask = (1 << this.windowBits) - 1;
    const countMask = (1 << lookaheadBits) - 1;
    const tokenBits = Math.max(copyBits, 9);
    let bits = this.bits;
    let bitCount = this.bitCount;
    let distance = this.distance;
    let pending = this.pending;
    let nonZeroEnd = this.nonZeroEnd;
    let position = begin;
    for (;;) {
      if (pending > 0) {
        let count = end - position;
        if (pending < count) count = pending;
        const from = position - distance;
        if (from >= nonZeroEnd) bytes.fill(0, position, position + count);
        else {
          if (distance === 1) bytes.fill(bytes[from], position, position + count);
          else if (count <= distance) bytes.copyWithin(position, from, from + count);
          else {
            bytes.copyWithin(position, from, position);
            for (let done = distance; done < count; done += done)
              bytes.copyWithin(position + done, position, position + Math.min(done, count - done));
          }
          nonZeroEnd = position + count;
        }
        position += count;
        pending -= count;
      }
      // Only the lowest `bitCount` bits of `bits` are valid. Used bits are shifted out at the top, which saves a mask per token.
      while (position < end) {
        if (bitCount < 16 && offset < pairEnd) {
          bits = (bits << 16) | (input[offset] << 8) | input[offset + 1];
          offset += 2;
          bitCount += 16;
        }
        while (bitCount < tokenBits && offset < inputEnd) {
          bits = (bits << 8) | input[offset++];
          bitCount += 8;
        }
        if (bitCount < 9 || ((bits >> (bitCount - 1)) & 1) === 0) break;
        bitCount -= 9;
        const byte = (bits >> bitCount) & 255;
        bytes[position++] = byte;
        if (byte !== 0) nonZeroEnd = position;
      }
      if (position === end || bitCount < copyBits || ((bits >> (bitCount - 1)) & 1) !== 0) break;
      bitCount -= copyBits;
      distance = ((bits >> (bitCount + lookaheadBits)) & distanceMask) + 1;
      pending = ((bits >> bitCount) & countMask) + 1;
    }
    this.bits = bits & ((1 << bitCount) - 1);
    this.bitCount = bitCount;
    this.distance = distance;
    this.pending = pending;
    this.nonZeroEnd = nonZeroEnd;
    this.position = position;
    this.inputPosition = offset;
    this.unread = position - begin;
  }
}
