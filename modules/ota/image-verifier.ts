/*
 * ImageVerifier: checks that an application image is intact (segments, checksum byte, appended SHA-256), over bytes that
 * come in pieces of any size. ESP-IDF's boot loader starts every image that it accepts (esp_image_format.c, image_load),
 * apart from chip revision and memory map.
 *
 * It does not check that an image may be trusted: it holds no key. It checks one thing more than the boot loader does:
 * nothing, padding or a signature follows the image. Without that check a flipped "hash appended" byte would go unnoticed.
 *
 * The segments are padded to a multiple of 16 bytes; the last byte of the padding is the XOR of all segment data with
 * seed 0xEF. The SHA-256 of everything before it follows if the header says so.
 */

import { Fault } from "../fault/fault.js";
import type { Crypto, Digest } from "../platform/crypto.js";
import { type ImageHeader, imageHeaderSize, parseImageHeader, parseSegmentLength, segmentHeaderSize } from "./image.js";
import { ImageTrailer, type Trailer } from "./image-trailer.js";

const checksumSeed = 0xef;
const hashSize = 32;

type Part = "header" | "segment-header" | "segment" | "checksum" | "hash" | "trailer";

export interface VerifiedImage {
  /** Bytes of the image, its hash included and a signature not. */
  imageSize: number;
  /** False when the image has no hash, so that only the checksum byte was checked. */
  hashAppended: boolean;
  trailer: Trailer;
  /** SHA-256 of all bytes, trailer included, as in the server's checksum of the file. */
  sha256: Uint8Array;
}

export class ImageVerifier {
  private readonly _limit: number;
  private readonly _digest: Digest;
  private readonly _scratch = new Uint8Array(hashSize);
  /** SHA-256 of everything before the appended hash. */
  private _computed: Uint8Array = this._scratch;
  private readonly _trailer = new ImageTrailer();
  private _words = new Int32Array(0);
  private _part: Part = "header";
  /** Bytes still to come of the current part. */
  private _left = imageHeaderSize;
  private _received = 0;
  private _imageSize = 0;
  private _header: ImageHeader | undefined;
  private _segment = 0;
  private _checksum = checksumSeed;

  /**
   * @param crypto for the SHA-256
   * @param limit bytes that the file may have at most: its size when known, else the size of the slot
   */
  constructor(crypto: Crypto, limit: number) {
    this._limit = limit;
    this._digest = crypto.digest("sha256");
  }

  /** True once the whole image was taken and is intact; further bytes are its trailer. */
  get ended(): boolean {
    return this._part === "trailer";
  }

  /** Bytes taken so far. */
  get received(): number {
    return this._received;
  }

  /**
   * Takes the next bytes, any number. `bytes` is not kept.
   * @throws Fault of stage "image" as soon as the bytes cannot be those of an intact image: "not-an-image", "image-header",
   *   "image-segments", "image-segment-length", "image-exceeds-limit", "image-checksum", "image-hash"
   */
  update(bytes: Uint8Array): void {
    if (this._received + bytes.byteLength > this._limit) this._refuseSize();
    let at = 0;
    while (at < bytes.byteLength) {
      const piece = bytes.subarray(at, at + Math.min(this._left, bytes.byteLength - at));
      this._take(piece);
      at += piece.byteLength;
    }
  }

  /**
   * @param totalSize bytes that the file has, trailer included
   * @throws Fault of stage "image": "image-truncated", "image-size", "image-trailing-bytes"
   */
  finish(totalSize: number): VerifiedImage {
    if (totalSize !== this._received) {
      throw new Fault("image", "image-size", `The image has ${this._received} bytes where ${totalSize} were expected.`);
    }
    if (!this.ended) throw new Fault("image", "image-truncated", `The image ends early, at ${this._received} bytes.`);
    return {
      imageSize: this._imageSize,
      hashAppended: this._header!.hashAppended,
      trailer: this._trailer.finish(this._imageSize, totalSize),
      sha256: this._digest.finish(),
    };
  }

  private _take(piece: Uint8Array): void {
    // One digest serves twice: `peek` compares it with the appended SHA-256, `finish` gives that of the whole file.
    this._digest.update(piece);
    if (this._part === "trailer") {
      this._trailer.update(piece, this._received);
      this._received += piece.byteLength;
      return;
    }
    if (this._part === "segment") this._fold(piece);
    else if (this._part === "checksum") this._scratch[0] = piece[piece.byteLength - 1];
    else this._scratch.set(piece, this._partSize() - this._left);
    this._received += piece.byteLength;
    this._left -= piece.byteLength;
    while (this._left === 0) this._next();
  }

  /** Bytes of the current part, for parts that are collected in the scratch buffer. */
  private _partSize(): number {
    if (this._part === "header") return imageHeaderSize;
    return this._part === "hash" ? hashSize : segmentHeaderSize;
  }

  /** Ends the current part, which is complete, and begins the next. */
  private _next(): void {
    switch (this._part) {
      case "header":
        this._header = parseImageHeader(this._scratch);
        this._begin("segment-header", segmentHeaderSize);
        break;
      case "segment-header":
        this._begin("segment", parseSegmentLength(this._scratch, this._segment));
        break;
      case "segment":
        this._segment++;
        if (this._segment < this._header!.segmentCount) this._begin("segment-header", segmentHeaderSize);
        else this._begin("checksum", 16 - (this._received % 16));
        break;
      case "checksum":
        this._checkChecksum();
        if (this._header!.hashAppended) {
          this._computed = this._digest.peek();
          this._begin("hash", hashSize);
        } else this._end();
        break;
      default:
        this._checkHash();
        this._end();
    }
  }

  private _begin(part: Part, size: number): void {
    if (this._received + size > this._limit) this._refuseSize();
    this._part = part;
    this._left = size;
  }

  private _end(): void {
    this._part = "trailer";
    this._left = Number.POSITIVE_INFINITY;
    this._imageSize = this._received;
  }

  private _refuseSize(): never {
    throw new Fault(
      "image",
      "image-exceeds-limit",
      `The image is larger than the ${this._limit} bytes that it may have.`,
    );
  }

  /**
   * XORs the bytes into the checksum: by words where the buffer is aligned, eight words a turn. On XS this loop is the
   * cost of verification (20 ms of CPU per MB by single words, 11 ms by eight). Any grouping gives the same XOR.
   */
  private _fold(piece: Uint8Array): void {
    let fold = 0;
    let at = 0;
    const end = piece.byteLength;
    const buffer = piece.buffer as ArrayBuffer;
    const skew = piece.byteOffset & 3;
    if (end >= 16) {
      for (const head = (4 - skew) & 3; at < head; at++) fold ^= piece[at];
      if (this._words.buffer !== buffer) this._words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
      const words = this._words;
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
    this._checksum ^= fold & 0xff;
  }

  private _checkChecksum(): void {
    if (this._scratch[0] !== this._checksum) {
      throw new Fault(
        "image",
        "image-checksum",
        "The image is damaged: its checksum byte does not match its segments.",
      );
    }
  }

  private _checkHash(): void {
    let difference = 0;
    for (let i = 0; i < hashSize; i++) difference |= this._computed[i] ^ this._scratch[i];
    if (difference !== 0) {
      throw new Fault("image", "image-hash", "The image is damaged: its appended SHA-256 does not match its bytes.");
    }
  }
}
