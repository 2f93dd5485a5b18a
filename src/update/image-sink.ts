/*
 * ImageSink: the bytes of an image, wherever they come from (a download as it is, or a patch being applied), on their way
 * into the inactive slot.
 *
 * The rule it guards: nothing is erased before the image's head was looked at. The first 4 KB wait in memory until Trust
 * has agreed; only then is there a writer.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { WritableSlot } from "../../modules/host/slots.js";
import { parseImageHead } from "../../modules/ota/image.js";
import { SlotWriter } from "../../modules/ota/slot-writer.js";
import type { Trust } from "../trust.js";
import type { Offer } from "./offer.js";

/** Bytes that are looked at before anything is erased: a whole sector, so that writing starts aligned. */
export const headSize = 4096;

export class ImageSink {
  readonly #slot: WritableSlot;
  readonly #trust: Trust;
  readonly #offer: Offer;
  readonly #size: number;
  readonly #head: Uint8Array;
  #held = 0;
  #writer: SlotWriter | undefined;

  /**
   * @param size bytes of the whole image, or undefined when nobody has said
   * @param from bytes that are in the slot already, a multiple of its `eraseSize`; their head was checked
   */
  constructor(slot: WritableSlot, trust: Trust, offer: Offer, size: number | undefined, from = 0) {
    if (size !== undefined && size > slot.size) {
      const text = `The image has ${size} bytes and ${slot.label} only ${slot.size}; it needs a larger partition.`;
      throw new Fault("image", "image-too-large", text);
    }
    this.#slot = slot;
    this.#trust = trust;
    this.#offer = offer;
    this.#size = size ?? slot.size;
    this.#head = new Uint8Array(from > 0 ? 0 : Math.min(headSize, this.#size));
    if (from > 0) this.#writer = new SlotWriter(slot, { from, size: this.#size });
  }

  /** Bytes of the image taken so far. */
  get written(): number {
    return this.#writer?.written ?? this.#held;
  }

  /** Bytes that a power cut would leave in flash, from the start of the slot, in whole sectors. */
  get durable(): number {
    const durable = this.#writer?.durable ?? 0;
    return durable - (durable % this.#slot.eraseSize);
  }

  write(bytes: Uint8Array): void {
    if (this.#writer !== undefined) {
      this.#writer.write(bytes);
      return;
    }
    const count = Math.min(this.#head.byteLength - this.#held, bytes.byteLength);
    this.#head.set(bytes.subarray(0, count), this.#held);
    this.#held += count;
    if (this.#held < this.#head.byteLength) return;
    this.#admit();
    if (count < bytes.byteLength) this.write(bytes.subarray(count));
  }

  /** The image is complete. */
  finish(): void {
    if (this.#writer === undefined) this.#admit();
    this.#writer?.flush();
  }

  #admit(): void {
    const head = this.#head.subarray(0, this.#held);
    this.#trust.checkHead(parseImageHead(head), this.#offer);
    this.#writer = new SlotWriter(this.#slot, { size: this.#size });
    this.#writer.write(head);
  }
}
