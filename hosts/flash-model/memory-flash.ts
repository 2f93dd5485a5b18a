/*
 * MemoryFlash: NOR flash in memory that counts its operations and loses power at any of them.
 *
 * A write or an erase is one operation. An operation that is cut has not happened at all, or is torn: a torn write has
 * written up to some byte, or single bits all over; a torn erase has reached some sector and left its bits half erased. The
 * seed decides all of it. After the cut every call throws PowerCut until `powerOn`.
 *
 * The idea is MCUboot's simflash: count the operations of a good run, then cut at every one of them.
 */

import { blockSize, type Flash, sectorSize } from "./flash.js";
import { type Backing, NorFlash } from "./nor-flash.js";
import { PowerCut } from "./power-cut.js";
import { SeededRandom } from "./seeded-random.js";

/** How much of a cut operation still happens. */
export type Tear =
  /** Nothing happens. */
  | "none"
  /** It happens up to some byte or sector, which itself is half done. */
  | "prefix"
  /** A write clears some bits all over its range. An erase leaves the reached sector with bits anywhere in between. */
  | "scattered";

export const tears: readonly Tear[] = Object.freeze<Tear[]>(["none", "prefix", "scattered"]);

class Memory implements Backing {
  readonly bytes: Uint8Array;
  readonly size: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.size = bytes.byteLength;
  }

  read(offset: number, into: Uint8Array): void {
    into.set(this.bytes.subarray(offset, offset + into.byteLength));
  }

  write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }
}

export class MemoryFlash implements Flash {
  readonly size: number;
  readonly writeSize: number;
  /** The content of the chip. Only tests that damage it change it. */
  readonly bytes: Uint8Array;
  private readonly _nor: NorFlash;
  private _operations = 0;
  private _cutAt = 0;
  private _tear: Tear = "none";
  private _random = new SeededRandom(1);
  private _off = false;
  private _erased = 0;

  /**
   * @param content the size of an erased flash in bytes, or the content itself (taken over, not copied)
   * @param writeSize 1 on plain NOR flash, 16 with flash encryption
   */
  constructor(content: number | Uint8Array, writeSize = 1) {
    this.bytes = typeof content === "number" ? new Uint8Array(content).fill(0xff) : content;
    this.size = this.bytes.byteLength;
    this.writeSize = writeSize;
    this._nor = new NorFlash(new Memory(this.bytes), writeSize);
  }

  /** Writes and erases since the last `powerOn`, the cut one included. */
  get operations(): number {
    return this._operations;
  }

  /** Erase commands that a chip would have needed since the last `powerOn`: one per 64 KB block or single sector. */
  get eraseCommands(): number {
    return this._erased;
  }

  /** Cuts the power at an operation. @param operation counted from now, the next one is 1 */
  cutAt(operation: number, tear: Tear, seed: number): void {
    this._cutAt = this._operations + operation;
    this._tear = tear;
    this._random = new SeededRandom(seed);
  }

  /** Restores the power, with the content as it is. Counters start over, and a planned cut is cancelled. */
  powerOn(): void {
    this._off = false;
    this._cutAt = 0;
    this._operations = 0;
    this._erased = 0;
  }

  /** Another chip with the same content. */
  copy(): MemoryFlash {
    return new MemoryFlash(this.bytes.slice(), this.writeSize);
  }

  read(offset: number, into: Uint8Array): void {
    if (this._off) throw new PowerCut(this._operations);
    this._nor.read(offset, into);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this._begin()) {
      this._tearWrite(offset, bytes);
      throw new PowerCut(this._operations);
    }
    this._nor.write(offset, bytes);
  }

  erase(offset: number, length: number): void {
    if (this._begin()) {
      this._tearErase(offset, length);
      throw new PowerCut(this._operations);
    }
    this._nor.erase(offset, length);
    let at = offset;
    while (at < offset + length) {
      at += at % blockSize === 0 && at + blockSize <= offset + length ? blockSize : sectorSize;
      this._erased++;
    }
  }

  /** @returns true when this operation is the one that is cut */
  private _begin(): boolean {
    if (this._off) throw new PowerCut(this._operations);
    this._operations++;
    this._off = this._operations === this._cutAt;
    return this._off;
  }

  private _tearWrite(offset: number, bytes: Uint8Array): void {
    if (this._tear === "none") return;
    const whole = this._tear === "prefix" ? this._random.below(bytes.byteLength) : 0;
    const half = this._tear === "prefix" ? whole + 1 : bytes.byteLength;
    for (let i = 0; i < whole; i++) this.bytes[offset + i] &= bytes[i];
    // Some of the bits that the write clears are cleared.
    for (let i = whole; i < half; i++) this.bytes[offset + i] &= bytes[i] | this._random.below(256);
  }

  private _tearErase(offset: number, length: number): void {
    if (this._tear === "none") return;
    const sectors = length / sectorSize;
    const reached = offset + this._random.below(sectors) * sectorSize;
    this.bytes.fill(0xff, offset, reached);
    // A chip may clear all bits before it sets them, so the sector can have more or fewer bits set than before.
    const programmed = this._tear === "scattered" && this._random.below(2) === 0;
    const end = this._tear === "prefix" ? reached + this._random.below(sectorSize) : reached + sectorSize;
    for (let i = reached; i < end; i++) {
      if (this._tear === "prefix") this.bytes[i] = 0xff;
      else if (programmed) this.bytes[i] &= this._random.below(256);
      else this.bytes[i] |= this._random.below(256);
    }
  }
}
