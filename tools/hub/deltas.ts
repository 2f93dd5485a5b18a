/*
 * Patches between two images of the library, made by the real `detools` with the server's own parameters, in a process of
 * its own: the hub goes on meanwhile, and a device whose patch is being made waits for it, as on the real server. Where
 * there is no detools, or no patch comes of it, the whole image is sent; the real server then sends nothing at all.
 */

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FirmwareImage, type FirmwareLibrary, type ServedFile, servedFile } from "./firmware-library.js";

const server = ["--compression", "heatshrink", "--patch-type", "sequential", "--algorithm", "bsdiff"];
/** The real server's limit for one patch, ms. */
const limitMs = 960_000;
const usualCommands = [["detools"], ["python3", "-m", "detools"], ["python", "-m", "detools"]];

/** A file, "none" when there is none to be had, "making" until it is there. */
export type Patch = ServedFile | "none" | "making";

export class Deltas {
  readonly #library: FirmwareLibrary;
  readonly #commands: readonly (readonly string[])[];
  readonly #made: (text: string) => void;
  readonly #patches = new Map<string, Patch>();
  /** The command that works, null when none does, undefined before anybody asked. */
  #command: readonly string[] | null | undefined;

  /** @param command program and first arguments, instead of the usual ones
   *  @param made called with a sentence when a patch is there or is not to be had */
  constructor(library: FirmwareLibrary, command: readonly string[] | undefined, made: (text: string) => void) {
    this.#library = library;
    this.#commands = command === undefined ? usualCommands : [command];
    this.#made = made;
  }

  /** "detools 0.53.0", or undefined when it is not installed. */
  tool(): string | undefined {
    for (const command of this.#commands) {
      const [program, ...first] = command;
      try {
        const version = execFileSync(program, [...first, "--version"], { stdio: "pipe" });
        this.#command = command;
        return `detools ${version.toString().trim()}`;
      } catch {
        this.#command = null;
      }
    }
    return undefined;
  }

  /** Takes a patch made elsewhere, as a recorded one. */
  add(sourceUuid: string, targetUuid: string, bytes: Uint8Array): void {
    this.#patches.set(`${sourceUuid}/${targetUuid}`, servedFile(Buffer.from(bytes)));
  }

  /** The first question about a pair starts the making. */
  patch(sourceUuid: string, targetUuid: string): Patch {
    const name = `${sourceUuid}/${targetUuid}`;
    const known = this.#patches.get(name);
    if (known !== undefined) return known;
    const source = this.#library.image(sourceUuid);
    const target = this.#library.image(targetUuid);
    if (source === undefined || target === undefined) return "none";
    if (this.#command === undefined && this.tool() === undefined)
      this.#made("detools is not installed: whole images only");
    if (this.#command === null || this.#command === undefined) return "none";
    this.#patches.set(name, "making");
    this.#make(this.#command, source, target, (patch, text) => {
      this.#patches.set(name, patch);
      this.#made(`patch ${source.metadata.version} to ${target.metadata.version}: ${text}`);
    });
    return "making";
  }

  #make(
    [program, ...first]: readonly string[],
    source: FirmwareImage,
    target: FirmwareImage,
    done: (patch: ServedFile | "none", text: string) => void,
  ): void {
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-delta-"));
    const [from, to, patch] = ["from", "to", "patch"].map((file) => join(folder, file));
    writeFileSync(from, source.bytes);
    writeFileSync(to, target.bytes);
    const options = { timeout: limitMs };
    execFile(program, [...first, "create_patch", ...server, from, to, patch], options, (error) => {
      const bytes = error === null ? readFileSync(patch) : Buffer.alloc(0);
      rmSync(folder, { recursive: true, force: true });
      if (error !== null) done("none", `detools failed, the whole image is sent: ${error.message.split("\n")[0]}`);
      else if (bytes.length >= target.size) done("none", "no smaller than the image, which is sent instead");
      else done(servedFile(bytes), `${bytes.length} bytes instead of ${target.size}`);
    });
  }
}
