/*
 * MemoryFlash that works, but for what the test says: operations that a worn chip refuses, and the time that they take.
 * Portable.
 */

import { blockSize, sectorSize } from "../../hosts/flash-model/flash.js";
import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { Fault } from "../../modules/fault/fault.js";

export type Operation = "read" | "write" | "erase";

/** What an operation takes on the NOR flash of an ESP32 module, in milliseconds: at the slow end of the data sheets. */
export const slowFlashMs = { read: 1, write: 12, sector: 100, block: 500 };

export class FaultyFlash extends MemoryFlash {
  /** Called before every operation. @returns true when it is to fail */
  refuse: (operation: Operation, offset: number, length: number) => boolean = () => false;
  /** Nothing fails and nothing takes time before: set once the boot loader has done its part. */
  running = false;
  /** Told how long an operation takes, in milliseconds. */
  spend: (ms: number) => void = () => {};
  /** Erases so far, as [offset, length]. */
  readonly erases: [number, number][] = [];

  override read(offset: number, into: Uint8Array): void {
    this.#check("read", offset, into.byteLength);
    this.spend(slowFlashMs.read);
    super.read(offset, into);
  }

  override write(offset: number, bytes: Uint8Array): void {
    this.#check("write", offset, bytes.byteLength);
    this.spend(slowFlashMs.write * Math.ceil(bytes.byteLength / sectorSize));
    super.write(offset, bytes);
  }

  override erase(offset: number, length: number): void {
    this.#check("erase", offset, length);
    this.erases.push([offset, length]);
    this.spend(length >= blockSize ? slowFlashMs.block : slowFlashMs.sector);
    super.erase(offset, length);
  }

  #check(operation: Operation, offset: number, length: number): void {
    if (this.running && this.refuse(operation, offset, length)) {
      throw new Fault("flash", "flash-failed", `The flash could not ${operation} ${length} bytes at ${offset}.`);
    }
  }
}
