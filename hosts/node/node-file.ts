/*
 * NodeFile: the content of a simulated flash chip in a file, byte for byte. It does not enforce the rules of NOR flash:
 * NorFlash, which uses it, does.
 *
 * The file is private: a device's flash holds secrets (settings, signed URLs, the firmware's own secrets).
 */

import { closeSync, existsSync, fchmodSync, openSync, readSync, writeSync } from "node:fs";
import type { Backing } from "../flash-model/nor-flash.js";
import { privateMode, writePrivateFile } from "./private-file.js";

export class NodeFile implements Backing {
  readonly size: number;
  readonly #file: number;

  /**
   * @param path path of the file, which is made with erased content (0xFF) when there is none
   * @param size bytes of flash
   */
  constructor(path: string, size: number) {
    this.size = size;
    if (!existsSync(path)) writePrivateFile(path, new Uint8Array(size).fill(0xff));
    this.#file = openSync(path, "r+");
    fchmodSync(this.#file, privateMode);
  }

  read(offset: number, into: Uint8Array): void {
    readSync(this.#file, into, 0, into.byteLength, offset);
  }

  write(offset: number, bytes: Uint8Array): void {
    writeSync(this.#file, bytes, 0, bytes.byteLength, offset);
  }

  close(): void {
    closeSync(this.#file);
  }
}
