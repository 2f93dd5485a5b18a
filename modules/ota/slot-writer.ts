/*
 * SlotWriter: a stream of bytes into a slot, front to back, over flash that must be erased before it is written.
 *
 * It erases only when it gets there, one unit at a time: an erase block where one begins and fits, else a sector. A call
 * with at most `eraseSize` bytes erases at most once, so that is the bound on a stall: one block erase (64 KB of NOR flash:
 * typically 0.15 s, 2 s at worst by the data sheets) plus the writes. Nothing is erased twice, nothing before `from` is
 * touched, nothing goes past `size`.
 */

import { Fault } from "../fault/fault.js";
import type { WritableSlot } from "../host/slots.js";

export interface SlotWriterOptions {
  /** Bytes at the start that are there already and stay: a multiple of `eraseSize`. Default 0. */
  from?: number;
  /** Bytes that the whole image may have. Default: the slot's size. */
  size?: number;
}

export class SlotWriter {
  readonly #slot: WritableSlot;
  readonly #size: number;
  /** Less than one write unit, waiting for the rest of it. */
  readonly #staging: Uint8Array;
  #staged = 0;
  #durable: number;
  #erasedTo: number;
  #flushed = false;

  /** @throws Fault "image-exceeds-slot", "unaligned-resume" */
  constructor(slot: WritableSlot, options: SlotWriterOptions = {}) {
    const from = options.from ?? 0;
    this.#slot = slot;
    this.#size = options.size ?? slot.size;
    if (this.#size > slot.size) this.#refuseSize();
    if (from % slot.eraseSize !== 0 || from < 0 || from > this.#size) {
      throw new Fault("flash", "unaligned-resume", `Writing cannot go on at ${from}: not a sector of ${slot.label}.`);
    }
    this.#staging = new Uint8Array(slot.writeSize);
    this.#durable = from;
    this.#erasedTo = from;
  }

  /** Bytes accepted, counted from the start of the slot. */
  get written(): number {
    return this.#durable + this.#staged;
  }

  /** Bytes in flash, counted from the start of the slot: a multiple of `writeSize` until `flush`. */
  get durable(): number {
    return this.#durable;
  }

  /**
   * Takes all of `bytes`, or throws before it wrote any: Fault "image-exceeds-slot", "writer-flushed". A Fault of the slot
   * itself leaves the writer unusable.
   */
  write(bytes: Uint8Array): void {
    if (this.#flushed)
      throw new Fault("flash", "writer-flushed", "The image was completed; nothing can be added to it.");
    if (this.written + bytes.byteLength > this.#size) this.#refuseSize();
    const unit = this.#slot.writeSize;
    let at = 0;
    while (at < bytes.byteLength) {
      const left = bytes.byteLength - at;
      if (this.#staged > 0 || left < unit) {
        const count = Math.min(unit - this.#staged, left);
        this.#staging.set(bytes.subarray(at, at + count), this.#staged);
        this.#staged += count;
        at += count;
        if (this.#staged === unit) this.#writeStaged();
      } else {
        const count = Math.min(left - (left % unit), this.#erased());
        this.#slot.write(this.#durable, bytes.subarray(at, at + count));
        this.#durable += count;
        at += count;
      }
    }
  }

  /** Writes what is left, padded with 0xFF to a write unit; `durable` is then `written`. Safe to repeat. */
  flush(): void {
    if (this.#flushed) return;
    this.#flushed = true;
    if (this.#staged === 0) return;
    const written = this.written;
    this.#staging.fill(0xff, this.#staged);
    this.#writeStaged();
    this.#durable = written;
  }

  #writeStaged(): void {
    this.#erased();
    this.#slot.write(this.#durable, this.#staging);
    this.#durable += this.#staging.byteLength;
    this.#staged = 0;
  }

  /** @returns how many bytes from `durable` on are erased; at least one write unit */
  #erased(): number {
    if (this.#durable === this.#erasedTo) {
      const { eraseBlockSize, eraseSize, size } = this.#slot;
      const block = this.#erasedTo % eraseBlockSize === 0 && this.#erasedTo + eraseBlockSize <= size;
      const length = block ? eraseBlockSize : eraseSize;
      this.#slot.erase(this.#erasedTo, length);
      this.#erasedTo += length;
    }
    return this.#erasedTo - this.#durable;
  }

  #refuseSize(): never {
    const { label, size } = this.#slot;
    throw new Fault(
      "flash",
      "image-exceeds-slot",
      `The image does not fit: ${label} has ${size} bytes, and at most ${this.#size} were to be written.`,
    );
  }
}
