/*
 * SimulatorFile: the content of the simulated flash chip in a file, byte for byte. It does not enforce the rules of NOR
 * flash: NorFlash, which uses it, does.
 */

import type { Backing } from "../flash-model/nor-flash.js";

const open = native("nh_file_open") as (path: string, size: number) => number;
const readAt = native("nh_file_read") as (file: number, offset: number, into: Uint8Array) => void;
const writeAt = native("nh_file_write") as (file: number, offset: number, bytes: Uint8Array) => void;

/** Makes a file in memory, which lasts as long as the process. @returns its path, which is in NERVESHUB_FLASH from then on */
export const passingFile = native("nh_file_passing") as () => string;

export class SimulatorFile implements Backing {
  readonly size: number;
  private readonly _file: number;

  /**
   * @param path path of the file, which is made with erased content (0xFF) when there is none
   * @param size bytes of flash
   */
  constructor(path: string, size: number) {
    this.size = size;
    this._file = open(path, size);
  }

  read(offset: number, into: Uint8Array): void {
    readAt(this._file, offset, into);
  }

  write(offset: number, bytes: Uint8Array): void {
    writeAt(this._file, offset, bytes);
  }
}
