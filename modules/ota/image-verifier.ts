/*
 * Whether an application image is whole: its segments, its checksum byte and its appended SHA-256, over bytes that come
 * in pieces of any size. What it accepts, ESP-IDF's boot loader starts (esp_image_format.c, image_load), apart from chip
 * revision and memory map.
 *
 * It is not the check that an image may be trusted: it holds no key. It sees one thing more than the boot loader does:
 * what follows the image, which must be nothing or a signature. Otherwise a flipped "hash appended" byte would hide.
 *
 * After the segments comes a row that ends on a multiple of 16 bytes; its last byte is the XOR of all segment data with
 * seed 0xEF. Then, if the header says so, the SHA-256 of everything before it.
 */

import { Fault } from "../fault/fault.js";
import type { Crypto, Digest } from "../host/crypto.js";
import { type ImageHeader, imageHeaderSize, parseImageHeader, parseSegmentLength, segmentHeaderSize } from "./image.js";
import { ImageTrailer, type Trailer } from "./image-trailer.js";

const checksumSeed = 0xef;
const hashSize = 32;

type Part = "header" | "segment-header" | "segment" | "checksum" | "hash" | "trailer";

export interface VerifiedImage {
  /** Bytes of the image up to and with its hash; a signature is not counted. */
  imageSize: number;
  /** False: only the checksum byte vouches for the bytes. */
  hashAppended: boolean;
  trailer: Trailer;
  /** SHA-256 of all bytes, trailer included: what a server's checksum of the file is. */
  sha256: Uint8Array;
}

export class ImageVerifier {
  readonly #limit: number;
  readonly #digest: Digest;
  readonly #scratch = new Uint8Array(hashSize);
  /** Of everything before the appended hash. */
  #computed: Uint8Array = this.#scratch;
  readonly #trailer = new ImageTrailer();
  #words = new Int32Array(0);
  #part: Part = "header";
  /** Bytes still to come of the current part. */
  #left = imageHeaderSize;
  #received = 0;
  #imageSize = 0;
  #header: ImageHeader | undefined;
  #segment = 0;
  #checksum = checksumSeed;

  /**
   * @param crypto for the SHA-256
   * @param limit bytes that the image may have at most: its size when known, else that of its slot
   */
  constructor(crypto: Crypto, limit: number) {
    this.#limit = limit;
    this.#digest = crypto.digest("sha256");
  }

  /** True once the image has been seen whole and intact; what comes then is its trailer. */
  get ended(): boolean {
    return this.#part === "trailer";
  }

  /** Bytes seen so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * The next bytes, any number. `bytes` is not kept.
   *
   * @throws Fault as soon as the bytes cannot be those of an intact image: "not-an-image", "image-header",
   *   "image-segments", "image-segment-length", "image-exceeds-limit", "image-checksum", "image-hash"
   */
  update(bytes: Uint8Array): void {
    if (this.#received + bytes.byteLength > this.#limit) this.#refuseSize();
    let at = 0;
    while (at < bytes.byteLength) {
      const piece = bytes.subarray(at, at + Math.min(this.#left, bytes.byteLength - at));
      this.#take(piece);
      at += piece.byteLength;
    }
  }

  /**
   * @param totalSize bytes that the file has, trailer included
   * @throws Fault "image-truncated", "image-size", "image-trailing-bytes"
   */
  finish(totalSize: number): VerifiedImage {
    if (totalSize !== this.#received) {
      throw new Fault("image", "image-size", `The image has ${this.#received} bytes where ${totalSize} were expected.`);
    }
    if (!this.ended) throw new Fault("image", "image-truncated", `The image ends early, at ${this.#received} bytes.`);
    return {
      imageSize: this.#imageSize,
      hashAppended: this.#header!.hashAppended,
      trailer: this.#trailer.finish(this.#imageSize, totalSize),
      sha256: this.#digest.finish(),
    };
  }

  #take(piece: Uint8Array): void {
    // One hash serves the appended SHA-256, looked at on the way, and that of the whole file.
    this.#digest.update(piece);
    if (this.#part === "trailer") {
      this.#trailer.update(piece, this.#received);
      this.#received += piece.byteLength;
      return;
    }
    if (this.#part === "segment") this.#fold(piece);
    else if (this.#part === "checksum") this.#scratch[0] = piece[piece.byteLength - 1];
    else this.#scratch.set(piece, this.#partSize() - this.#left);
    this.#received += piece.byteLength;
    this.#left -= piece.byteLength;
    while (this.#left === 0) this.#next();
  }

  /** Of a part that is collected in the scratch buffer. */
  #partSize(): number {
    if (this.#part === "header") return imageHeaderSize;
    return this.#part === "hash" ? hashSize : segmentHeaderSize;
  }

  /** The current part is complete. */
  #next(): void {
    switch (this.#part) {
      case "header":
        this.#header = parseImageHeader(this.#scratch);
        this.#begin("segment-header", segmentHeaderSize);
        break;
      case "segment-header":
        this.#begin("segment", parseSegmentLength(this.#scratch, this.#segment));
        break;
      case "segment":
        this.#segment++;
        if (this.#segment < this.#header!.segmentCount) this.#begin("segment-header", segmentHeaderSize);
        else this.#begin("checksum", 16 - (this.#received % 16));
        break;
      case "checksum":
        this.#checkChecksum();
        if (this.#header!.hashAppended) {
          this.#computed = this.#digest.peek();
          this.#begin("hash", hashSize);
        } else this.#end();
        break;
      default:
        this.#checkHash();
        this.#end();
    }
  }

  #begin(part: Part, size: number): void {
    if (this.#received + size > this.#limit) this.#refuseSize();
    this.#part = part;
    this.#left = size;
  }

  #end(): void {
    this.#part = "trailer";
    this.#left = Number.POSITIVE_INFINITY;
    this.#imageSize = this.#received;
  }

  #refuseSize(): never {
    throw new Fault(
      "image",
      "image-exceeds-limit",
      `The image is larger than the ${this.#limit} bytes that it may have.`,
    );
  }

  /**
   * XOR into the checksum, a word at a time where the buffer allows and eight words a turn: on XS the loop is what
   * verification costs (20 ms of CPU a MB by words, 11 by eight). Any grouping gives the same fold.
   */
  #fold(piece: Uint8Array): void {
    let fold = 0;
    let at = 0;
    const end = piece.byteLength;
    const buffer = piece.buffer as ArrayBuffer;
    const skew = piece.byteOffset & 3;
    if (end >= 16) {
      for (const head = (4 - skew) & 3; at < head; at++) fold ^= piece[at];
      if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
      const words = this.#words;
      const first = (piece.byteOffset + at) >> 2;
      const count = (end - at) >> 2;
      const last = first + count;
      let word = 0;
      let i = first;
      for (; i + 7 < last; i += 8) {
        word ^= words[i] ^ words[i + 1] ^ words[i + 2] ^ words[i + 3];
        word ^= words[i + 4] ^ words[i + 5] ^ words[i + 6] ^ words[i + 7];
      }
      for (; i < last; i++) word ^= words[i];
      fold ^= word ^ (word >> 8) ^ (word >> 16) ^ (word >> 24);
      at += count << 2;
    }
    for (; at < end; at++) fold ^= piece[at];
    this.#checksum ^= fold & 0xff;
  }

  #checkChecksum(): void {
    if (this.#scratch[0] !== this.#checksum) {
      throw new Fault(
        "image",
        "image-checksum",
        "The image is damaged: its checksum byte does not match its segments.",
      );
    }
  }

  #checkHash(): void {
    let difference = 0;
    for (let i = 0; i < hashSize; i++) difference |= this.#computed[i] ^ this.#scratch[i];
    if (difference !== 0) {
      throw new Fault("image", "image-hash", "The image is damaged: its appended SHA-256 does not match its bytes.");
    }
  }
}
