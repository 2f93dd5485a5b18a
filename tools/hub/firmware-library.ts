/*
 * The images of the desk: what NervesHub would take as firmware of the product, by uuid and in order of SemVer.
 */

import { createHash } from "node:crypto";
import { asFault } from "../../modules/fault/fault.js";
import { type FirmwareMetadata, firmwareOfImage } from "./firmware-metadata.js";
import { byVersionDescending, isNewer } from "./version.js";

/** NervesHub hashes a file in parts of this size, bytes. */
export const partSize = 1_048_576;

/** Bytes that can be downloaded, with what `update` says about them. */
export interface ServedFile {
  readonly bytes: Buffer;
  readonly size: number;
  /** SHA-256, upper-case hex, as on the wire. */
  readonly checksum: string;
  readonly partialsChecksums: readonly string[];
}

export interface FirmwareImage extends ServedFile {
  readonly name: string;
  readonly metadata: FirmwareMetadata;
}

export function servedFile(bytes: Buffer): ServedFile {
  const partialsChecksums: string[] = [];
  for (let at = 0; at < bytes.length; at += partSize) partialsChecksums.push(sha256(bytes.subarray(at, at + partSize)));
  return { bytes, size: bytes.length, checksum: sha256(bytes), partialsChecksums };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").toUpperCase();
}

export class FirmwareLibrary {
  readonly #product: string;
  readonly #images = new Map<string, FirmwareImage>();
  /** Newest first; undefined after a change. */
  #sorted: readonly FirmwareImage[] | undefined;
  constructor(product: string) {
    this.#product = product;
  }

  /** @returns what the image would be filed under, or a sentence when it is refused */
  judge(bytes: Uint8Array, name: string): FirmwareMetadata | string {
    let metadata: FirmwareMetadata;
    try {
      metadata = firmwareOfImage(bytes);
    } catch (error) {
      return asFault(error, "image", "not-taken").message;
    }
    if (metadata.product !== this.#product) {
      return `project name "${metadata.product}" is not the product's name "${this.#product}"`;
    }
    const twin = this.#images.get(metadata.uuid);
    return twin !== undefined && twin.name !== name ? `same ELF hash as ${twin.name}` : metadata;
  }

  /** @returns a sentence when the bytes are refused */
  add(bytes: Buffer, name: string): FirmwareImage | string {
    const metadata = this.judge(bytes, name);
    if (typeof metadata === "string") return metadata;
    const image = { ...servedFile(bytes), name, metadata };
    this.#images.set(metadata.uuid, image);
    this.#sorted = undefined;
    return image;
  }

  image(uuid: string): FirmwareImage | undefined {
    return this.#images.get(uuid);
  }

  /** Newest first. */
  images(): readonly FirmwareImage[] {
    this.#sorted ??= [...this.#images.values()].sort((a, b) => byVersionDescending(a.metadata, b.metadata));
    return this.#sorted;
  }

  /** The newest image for that firmware's product and chip, if it is newer. */
  successorOf(running: FirmwareMetadata): FirmwareImage | undefined {
    const fits = ({ metadata: m }: FirmwareImage) =>
      m.product === running.product &&
      m.platform === running.platform &&
      m.architecture === running.architecture &&
      m.uuid !== running.uuid;
    const newest = this.images().find(fits);
    return newest !== undefined && isNewer(newest.metadata.version, running.version) ? newest : undefined;
  }
}
