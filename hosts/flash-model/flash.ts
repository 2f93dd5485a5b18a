/*
 * Flash: a flash chip, or a part of one, as hosts without a flash chip model it.
 *
 * The rule it guards is that of NOR flash: an erase sets whole sectors to 0xFF, a write only clears bits. An implementation
 * refuses everything else, so that code that runs here also runs on the chip.
 */

import { Fault } from "../../modules/fault/fault.js";

/** Bytes of a sector, the smallest unit of erase. */
export const sectorSize = 4096;
/** Bytes of a block, which is erased faster as a whole. */
export const blockSize = 65536;

export interface Flash {
  /** Bytes, a multiple of the sector. */
  readonly size: number;
  /** Offsets and lengths of writes are multiples of this, in bytes. */
  readonly writeSize: number;
  /** Fills `into` from `offset`. */
  read(offset: number, into: Uint8Array): void;
  write(offset: number, bytes: Uint8Array): void;
  /** Sets bytes to 0xFF; `offset` and `length` are multiples of the sector. */
  erase(offset: number, length: number): void;
}

/** @throws Fault of stage "flash": "flash-range" unless [offset, offset + length) lies inside `size` */
export const checkRange = (size: number, offset: number, length: number): void => {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new Fault("flash", "flash-range", `Bytes ${offset} to ${offset + length} are outside a flash of ${size}.`);
  }
};

/** A part of a flash, such as a partition, with offsets from its own start. */
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
