/*
 * Patches that detools would never make: sizes that lie, copies where no data is. Heatshrink 8/7 tokens, bit by bit.
 */

export class PatchBuilder {
  readonly #bytes: number[] = [];
  #bits = "";

  /** Bytes outside the compressed part: the type, the size of the image, the parameters. */
  raw(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** The usual start of a patch for an image of `toSize` bytes, up to the first block. */
  start(toSize: number, parameters = 0x44): this {
    this.raw(0x04, ...sizeBytes(toSize), parameters);
    return this.literal(0);
  }

  literal(...bytes: number[]): this {
    for (const byte of bytes) this.#bits += `1${byte.toString(2).padStart(8, "0")}`;
    return this;
  }

  size(...sizes: number[]): this {
    for (const size of sizes) this.literal(...sizeBytes(size));
    return this;
  }

  /** `count` (1 to 128) bytes from `distance` (1 to 256) back. */
  copy(distance: number, count: number): this {
    this.#bits += `0${(distance - 1).toString(2).padStart(8, "0")}${(count - 1).toString(2).padStart(7, "0")}`;
    return this;
  }

  build(padding = "0"): Uint8Array {
    const bytes = this.#bytes.slice();
    for (let i = 0; i < this.#bits.length; i += 8)
      bytes.push(Number.parseInt(this.#bits.slice(i, i + 8).padEnd(8, padding), 2));
    return new Uint8Array(bytes);
  }
}

/** A signed size as detools packs it (`bsdiff.c` pack_size). */
export function sizeBytes(size: number): number[] {
  let rest = Math.abs(size);
  const bytes = [(rest % 64) | (size < 0 ? 0x40 : 0)];
  rest = Math.floor(rest / 64);
  while (rest > 0) {
    bytes[bytes.length - 1] |= 0x80;
    bytes.push(rest % 128);
    rest = Math.floor(rest / 128);
  }
  return bytes;
}
