/*
 * SlotWriter: writes a stream of bytes into a slot, front to back, and erases flash just before it writes there.
 *
 * It erases one unit at a time: an erase block where one begins and fits, else a sector. A call with at most `eraseSize`
 * bytes erases at most once, so it stalls for at most one block erase (64 KB of NOR flash: typically 0.15 s, 2 s at worst
 * by the data sheets) plus the writes.
 *
 * The rules it guards: nothing is erased twice, nothing before `from` is touched, nothing is written beyond `size`.
 */

import { Fault } from "../fault/fault.js";
import type { WritableSlot } from "../platform/slots.js";

export interface SlotWriterOptions {
  /** Bytes at the start of the slot that are written already and are kept: a multiple of `eraseSize`. Default 0. */
  from?: number;
  /** Bytes that the whole image may have at most. Default: the slot's size. */
  size?: number;
}

export class SlotWriter {
  private readonly _slot: WritableSlot;
  private readonly _size: number;
  /** The first `_staged` bytes of an unfinished write unit. */
  private readonly _staging: Uint8Array;
  private _staged = 0;
  private _durable: number;
  private _erasedTo: number;
  private _flushed = false;

  /** @throws Fault of stage "flash": "image-exceeds-slot", "unaligned-resume" */
  constructor(slot: WritableSlot, options: SlotWriterOptions = {}) {
    const from = options.from ?? 0;
    this._slot = slot;
    this._size = options.size ?? slot.size;
    if (this._size > slot.size) this._refuseSize();
    if (from % slot.eraseSize !== 0 || from < 0 || from > this._size) {
      throw new Fault("flash", "unaligned-resume", `Writing cannot go on at ${from}: not a sector of ${slot.label}.`);
    }
    this._staging = new Uint8Array(slot.writeSize);
    this._durable = from;
    this._erasedTo = from;
  }

  /** Bytes accepted, counted from the start of the slot. */
  get written(): number {
    return this._durable + this._staged;
  }

  /** Bytes in flash, counted from the start of the slot: a multiple of `writeSize` until `flush`. */
  get durable(): number {
    return this._durable;
  }

  /**
   * Takes all of `bytes`. A fault of the slot itself leaves the writer unusable.
   * @throws Fault of stage "flash" before any byte was written: "image-exceeds-slot", "writer-flushed"
   */
  write(bytes: Uint8Array): void {
    if (this._flushed)
      throw new Fault("flash", "writer-flushed", "The image was completed; nothing can be added to it.");
    if (this.written + bytes.byteLength > this._size) this._refuseSize();
    const unit = this._slot.writeSize;
    let at = 0;
    while (at < bytes.byteLength) {
      const left = bytes.byteLength - at;
      if (this._staged > 0 || left < unit) {
        const count = Math.min(unit - this._staged, left);
        this._staging.set(bytes.subarray(at, at + count), this._staged);
        this._staged += count;
        at += count;
        if (this._staged === unit) this._writeStaged();
      } else {
        const count = Math.min(left - (left % unit), this._erased());
        this._slot.write(this._durable, bytes.subarray(at, at + count));
        this._durable += count;
        at += count;
      }
    }
  }

  /** Writes the staged bytes, padded with 0xFF to a write unit; `durable` then equals `written`. Safe to repeat. */
  flush(): void {
    if (this._flushed) return;
    this._flushed = true;
    if (this._staged === 0) return;
    const written = this.written;
    this._staging.fill(0xff, this._staged);
    this._writeStaged();
    this._durable = written;
  }

  private _writeStaged(): void {
    this._erased();
    this._slot.write(this._durable, this._staging);
    this._durable += this._staging.byteLength;
    this._staged = 0;
  }

  /** Erases the next unit when `durable` has reached it. @returns how many bytes from `durable` on are erased */
  private _erased(): number {
    if (this._durable === this._erasedTo) {
      const { eraseBlockSize, eraseSize, size } = this._slot;
      const block = this._erasedTo % eraseBlockSize === 0 && this._erasedTo + eraseBlockSize <= size;
      const length = block ? eraseBlockSize : eraseSize;
      this._slot.erase(this._erasedTo, length);
      this._erasedTo += length;
    }
    return this._erasedTo - this._durable;
  }

  private _refuseSize(): never {
    const { label, size } = this._slot;
    throw new Fault(
      "flash",
      "image-exceeds-slot",
      `The image does not fit: ${label} has ${size} bytes, and at most ${this._size} were to be written.`,
    );
  }
}
