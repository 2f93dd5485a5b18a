/*
 * Flash: a flash chip, or a part of one, as the hosts that have none model it.
 *
 * The rule it guards is NOR's: an erase sets whole sectors to 0xFF, a write only clears bits. Whoever implements this
 * refuses everything else, so that code that runs here also runs on the chip.
 */

import { Fault } from "../../modules/fault/fault.js";

/** Sector: the smallest unit of erase, in bytes. */
export const sectorSize = 4096;
/** Block: erased faster as a whole, in bytes. */
export const blockSize = 65536;

export interface Flash {
  /** Bytes, a multiple of the sector. */
  readonly size: number;
  /** Offsets and lengths of writes are multiples of it. */
  readonly writeSize: number;
  /** Fills `into` from `offset`. */
  read(offset: number, into: Uint8Array): void;
  write(offset: number, bytes: Uint8Array): void;
  /** Both multiples of the sector. */
  erase(offset: number, length: number): void;
}

/** @throws Fault "flash-range" unless [offset, offset + length) lies inside `size` */
export const checkRange = (size: number, offset: number, length: number): void => {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new Fault("flash", "flash-range", `Bytes ${offset} to ${offset + length} are outside a flash of ${size}.`);
  }
};

/** A part of a flash, at offset 0 of its own: a partition. */
export class FlashRegion implements Flash {
  readonly size: number;
  readonly writeSize: number;
  private readonly _flash: Flash;
  private readonly _offset: number;

  constructor(flash: Flash, offset: number, size: number) {
    checkRange(flash.size, offset, size);
    this._flash = flash;
    this._offset = offset;
    this.size = size;
    this.writeSize = flash.writeSize;
  }

  read(offset: number, into: Uint8Array): void {
    checkRange(this.size, offset, into.byteLength);
    this._flash.read(this._offset + offset, into);
  }

  write(offset: number, bytes: Uint8Array): void {
    checkRange(this.size, offset, bytes.byteLength);
    this._flash.write(this._offset + offset, bytes);
  }

  erase(offset: number, length: number): void {
    checkRange(this.size, offset, length);
    this._flash.erase(this._offset + offset, length);
  }
}
