/*
 * The folder of images: dropping a file into it is the desk's upload. A file is looked at when its size and time have stood
 * for two looks, so that one that is being copied is not offered half; it is taken when it is a whole image.
 *
 * The rule it guards: nothing that lies in a folder (a link to nowhere, a folder, a FIFO, a file without permission) ends the
 * hub or holds it; each gets one line.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { maxImageSize } from "../../modules/ota/image.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import { sentenceOf } from "../sentence.js";
import type { FirmwareImage, FirmwareLibrary } from "./firmware-library.js";

/** What one look at the folder found. */
export interface Look {
  readonly added: readonly FirmwareImage[];
  /** What is not taken, and a sentence. */
  readonly refused: ReadonlyMap<string, string>;
}

export class FirmwareFolder {
  readonly #folder: string;
  readonly #library: FirmwareLibrary;
  /** Size and time of each file at the last look, and whether it was judged as it is. */
  readonly #known = new Map<string, { readonly mark: string; readonly judged: boolean }>();
  /** Why the folder could not be read at the last look. */
  #fault = "";

  constructor(folder: string, library: FirmwareLibrary) {
    this.#folder = folder;
    this.#library = library;
  }

  look(): Look {
    const added: FirmwareImage[] = [];
    const refused = new Map<string, string>();
    let names: string[] = [];
    try {
      names = imagesIn(this.#folder);
      this.#fault = "";
    } catch (error) {
      const fault = sentenceOf(error);
      if (fault !== this.#fault) refused.set("the folder of images", fault);
      this.#fault = fault;
    }
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
    for (const name of names) {
      const found = this.#judge(name);
      if (typeof found === "string") refused.set(name, found);
      else if (found !== undefined) added.push(found);
    }
    return { added, refused };
  }

  /** @returns a sentence when it is refused; undefined for what was judged before, or is not to be judged yet */
  #judge(name: string): FirmwareImage | string | undefined {
    const known = this.#known.get(name);
    const path = join(this.#folder, name);
    try {
      const { size, mtimeMs } = statSync(path);
      const mark = `${size} ${mtimeMs}`;
      if (known?.mark === mark && known.judged) return undefined;
      this.#known.set(name, { mark, judged: known?.mark === mark });
      return known?.mark === mark ? this.#take(path, name) : undefined;
    } catch (error) {
      const fault = sentenceOf(error);
      // A link to nowhere has neither size nor time.
      if (known?.mark === fault) return undefined;
      if (this.#known.get(name)?.judged !== true) this.#known.set(name, { mark: fault, judged: true });
      return fault;
    }
  }

  /** @throws Fault, or what the file system says, when it is no whole image */
  #take(path: string, name: string): FirmwareImage | string {
    const file = statSync(path);
    if (!file.isFile()) return "it is not a file";
    if (file.size > maxImageSize) return "no image is larger than 16 MB";
    const bytes = readFileSync(path);
    const judged = this.#library.judge(bytes, name);
    if (typeof judged === "string") return judged;
    const verifier = new ImageVerifier(nodeCrypto, bytes.length);
    verifier.update(bytes);
    verifier.finish(bytes.length);
    return this.#library.add(bytes, name);
  }
}

/** @returns names of what may be an image; none where there is no such folder */
function imagesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.toLowerCase().endsWith(".bin"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
