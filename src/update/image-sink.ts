/*
 * ImageSink: takes the bytes of an image, from a whole-image download or from a decoder, and writes them to the inactive slot.
 *
 * The rule it guards: nothing is erased before the image's head is checked. The first 4 KB wait in memory until
 * `Trust.checkHead` accepts them; only then a SlotWriter is made.
 */

import { parseImageHead } from "../../modules/ota/image.js";
import { SlotWriter } from "../../modules/ota/slot-writer.js";
import type { WritableSlot } from "../../modules/platform/slots.js";
import { requireRoom } from "./free-slot.js";
import type { OfferedFile } from "./offer.js";
import type { Trust } from "./trust.js";

/** Bytes that are checked before anything is erased: a whole sector, so that writing starts aligned. */
export const headSize = 4096;

export class ImageSink {
  private readonly _slot: WritableSlot;
  private readonly _trust: Trust;
  private readonly _offer: OfferedFile;
  private readonly _size: number;
  private readonly _head: Uint8Array;
  private _held = 0;
  private _writer: SlotWriter | undefined;

  /**
   * @param size bytes of the whole image; undefined when unknown
   * @param from bytes that are in the slot already, a multiple of its `eraseSize`; their head was checked before
   * @throws Fault of stage "image": "image-too-large"
   */
  constructor(slot: WritableSlot, trust: Trust, offer: OfferedFile, size: number | undefined, from = 0) {
    if (size !== undefined) requireRoom(slot, size);
    this._slot = slot;
    this._trust = trust;
    this._offer = offer;
    this._size = size ?? slot.size;
    this._head = new Uint8Array(from > 0 ? 0 : Math.min(headSize, this._size));
    if (from > 0) this._writer = new SlotWriter(slot, { from, size: this._size });
  }

  /** Bytes from the start of the slot that survive a power cut, in whole sectors. */
  get durable(): number {
    const durable = this._writer?.durable ?? 0;
    return durable - (durable % this._slot.eraseSize);
  }

  write(bytes: Uint8Array): void {
    if (this._writer !== undefined) {
      this._writer.write(bytes);
      return;
    }
    const count = Math.min(this._head.byteLength - this._held, bytes.byteLength);
    this._head.set(bytes.subarray(0, count), this._held);
    this._held += count;
    if (this._held < this._head.byteLength) return;
    this._admit();
    if (count < bytes.byteLength) this.write(bytes.subarray(count));
  }

  /** The image is complete. */
  finish(): void {
    if (this._writer === undefined) this._admit();
    this._writer?.flush();
  }

  private _admit(): void {
    const head = this._head.subarray(0, this._held);
    this._trust.checkHead(parseImageHead(head), this._offer);
    this._writer = new SlotWriter(this._slot, { size: this._size });
    this._writer.write(head);
  }
}
