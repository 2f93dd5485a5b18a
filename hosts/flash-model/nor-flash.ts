/*
 * NorFlash: enforces the rules of NOR flash over any storage, such as a file or memory, which itself has no rules.
 */

import { Fault } from "../../modules/fault/fault.js";
import { checkRange, type Flash, sectorSize } from "./flash.js";

/** Storage whose bytes can be read and overwritten anywhere. */
export interface Backing {
  /** Bytes, a multiple of the sector. */
  readonly size: number;
  read(offset: number, into: Uint8Array): void;
  write(offset: number, bytes: Uint8Array): void;
}

export class NorFlash implements Flash {
  readonly size: number;
  readonly writeSize: number;
  private readonly _backing: Backing;
  private readonly _blank = new Uint8Array(sectorSize).fill(0xff);
  private readonly _present = new Uint8Array(sectorSize);

  /** @param writeSize 1 on plain NOR flash, 16 with flash encryption; a power of two */
  constructor(backing: Backing, writeSize = 1) {
    this._backing = backing;
    this.size = backing.size;
    this.writeSize = writeSize;
  }

  read(offset: number, into: Uint8Array): void {
    checkRange(this.size, offset, into.byteLength);
    this._backing.read(offset, into);
  }

  /** @throws Fault of stage "flash": "flash-range", "flash-alignment", "flash-not-erased" (a bit would have to go from 0 to 1) */
  write(offset: number, bytes: Uint8Array): void {
    checkRange(this.size, offset, bytes.byteLength);
    this._checkAlignment(offset, bytes.byteLength, this.writeSize);
    for (let at = 0; at < bytes.byteLength; at += sectorSize) {
      const piece = bytes.subarray(at, at + sectorSize);
      const present = this._present.subarray(0, piece.byteLength);
      this._backing.read(offset + at, present);
      for (let i = 0; i < piece.byteLength; i++) {
        if ((piece[i] & ~present[i]) !== 0) {
          throw new Fault("flash", "flash-not-erased", `Flash at ${offset + at + i} was written without being erased.`);
        }
      }
    }
    this._backing.write(offset, bytes);
  }

  /** @throws Fault of stage "flash": "flash-range", "flash-alignment" */
  erase(offset: number, length: number): void {
    checkRange(this.size, offset, length);
    this._checkAlignment(offset, length, sectorSize);
    for (let at = offset; at < offset + length; at += sectorSize) this._backing.write(at, this._blank);
  }

  private _checkAlignment(offset: number, length: number, unit: number): void {
    if (offset % unit !== 0 || length % unit !== 0) {
      throw new Fault("flash", "flash-alignment", `${length} bytes at ${offset} are not whole units of ${unit}.`);
    }
  }
}
