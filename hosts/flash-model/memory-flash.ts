/*
 * MemoryFlash: NOR flash in memory that counts its operations and loses power at any of them.
 *
 * A write or an erase is one operation. Cut there, it has not happened at all, or is torn: a write has landed up to some
 * byte, or in single bits; an erase has reached some sector and left bits there anywhere between. Everything follows from
 * the seed. After the cut nothing works until `powerOn`.
 *
 * The idea is MCUboot's simflash: count the operations of a good run, then cut at every one of them.
 */

import { blockSize, type Flash, sectorSize } from "./flash.js";
import { type Backing, NorFlash } from "./nor-flash.js";
import { PowerCut } from "./power-cut.js";
import { SeededRandom } from "./seeded-random.js";

/** How much of the operation that is cut still happens. */
export type Tear =
  /** Nothing. */
  | "none"
  /** Up to some byte or sector, which itself is half done. */
  | "prefix"
  /** Some bits all over the range. */
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
  /** What is on the chip. Changing it is for tests that damage it. */
  readonly bytes: Uint8Array;
  private readonly _nor: NorFlash;
  private _operations = 0;
  private _cutAt = 0;
  private _tear: Tear = "none";
  private _random = new SeededRandom(1);
  private _off = false;
  private _erased = 0;
  private _written = 0;

  /**
   * @param content a number of bytes of erased flash, or what is on it (taken over, not copied)
   * @param writeSize 1 on plain NOR flash, 16 with flash encryption
   */
  constructor(content: number | Uint8Array, writeSize = 1) {
    this.bytes = typeof content === "number" ? new Uint8Array(content).fill(0xff) : content;
    this.size = this.bytes.byteLength;
    this.writeSize = writeSize;
    this._nor = new NorFlash(new Memory(this.bytes), writeSize);
  }

  /** Writes and erases since the last `powerOn`, the one that was cut included. */
  get operations(): number {
    return this._operations;
  }

  /** Bytes written since the last `powerOn`. */
  get bytesWritten(): number {
    return this._written;
  }

  /** Erase commands that a chip would have needed since the last `powerOn`: one a 64 KB block or single sector. */
  get eraseCommands(): number {
    return this._erased;
  }

  /** The power fails at operation `operation` from now, counted from 1. */
  cutAt(operation: number, tear: Tear, seed: number): void {
    this._cutAt = this._operations + operation;
    this._tear = tear;
    this._random = new SeededRandom(seed);
  }

  /** The device starts again from what is on the chip; counters start over and a cut that is still to come is called off. */
  powerOn(): void {
    this._off = false;
    this._cutAt = 0;
    this._operations = 0;
    this._erased = 0;
    this._written = 0;
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
    this._written += bytes.byteLength;
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
    // Of the bits that were to be cleared, some are.
    for (let i = whole; i < half; i++) this.bytes[offset + i] &= bytes[i] | this._random.below(256);
  }

  private _tearErase(offset: number, length: number): void {
    if (this._tear === "none") return;
    const sectors = length / sectorSize;
    const reached = offset + this._random.below(sectors) * sectorSize;
    this.bytes.fill(0xff, offset, reached);
    // A chip may clear all bits before it sets them: what was there, nothing, and anything between can be found.
    const programmed = this._tear === "scattered" && this._random.below(2) === 0;
    const end = this._tear === "prefix" ? reached + this._random.below(sectorSize) : reached + sectorSize;
    for (let i = reached; i < end; i++) {
      if (this._tear === "prefix") this.bytes[i] = 0xff;
      else if (programmed) this.bytes[i] &= this._random.below(256);
      else this.bytes[i] |= this._random.below(256);
    }
  }
}
