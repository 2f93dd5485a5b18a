/*
 * Patches between two images of the library, made by the real `detools` with the server's own parameters
 * (nerveshub-device-protocol.md §7.4). Without detools there are none, and the whole image is sent: unlike the real
 * server, which then sends nothing at all.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FirmwareLibrary, type ServedFile, servedFile } from "./firmware-library.js";

const parameters = [
  "create_patch",
  "--compression",
  "heatshrink",
  "--patch-type",
  "sequential",
  "--algorithm",
  "bsdiff",
];
/** The real server gives a patch 960 s; a desk waits while the socket does. */
const limitMs = 120_000;

export class Deltas {
  readonly #library: FirmwareLibrary;
  readonly #patches = new Map<string, ServedFile | undefined>();
  /** The command and its first arguments, null when detools is not installed, undefined before anybody asked. */
  #command: readonly string[] | null | undefined;

  constructor(library: FirmwareLibrary) {
    this.#library = library;
  }

  /** "detools 0.53.0", or undefined when it is not installed. */
  tool(): string | undefined {
    for (const command of [["detools"], ["python3", "-m", "detools"], ["python", "-m", "detools"]]) {
      try {
        const version = execFileSync(command[0], [...command.slice(1), "--version"], { stdio: "pipe" });
        this.#command = command;
        return `detools ${version.toString().trim()}`;
      } catch {
        this.#command = null;
      }
    }
    return undefined;
  }

  /** Takes a patch made elsewhere, as a recorded one. */
  add(sourceUuid: string, targetUuid: string, bytes: Buffer): void {
    this.#patches.set(`${sourceUuid}/${targetUuid}`, servedFile(bytes));
  }

  /** @returns undefined when there is no tool, no such image, or the patch is no smaller than the image */
  patch(sourceUuid: string, targetUuid: string): ServedFile | undefined {
    const name = `${sourceUuid}/${targetUuid}`;
    if (!this.#patches.has(name)) this.#patches.set(name, this.#make(sourceUuid, targetUuid));
    return this.#patches.get(name);
  }

  #make(sourceUuid: string, targetUuid: string): ServedFile | undefined {
    const source = this.#library.image(sourceUuid);
    const target = this.#library.image(targetUuid);
    if (source === undefined || target === undefined) return undefined;
    if (this.#command === undefined) this.tool();
    if (this.#command === null || this.#command === undefined) return undefined;
    const [program, ...first] = this.#command;
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-delta-"));
    try {
      const [from, to, patch] = ["from", "to", "patch"].map((file) => join(folder, file));
      writeFileSync(from, source.bytes);
      writeFileSync(to, target.bytes);
      execFileSync(program, [...first, ...parameters, from, to, patch], { stdio: "pipe", timeout: limitMs });
      const bytes = readFileSync(patch);
      return bytes.length < target.size ? servedFile(bytes) : undefined;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
