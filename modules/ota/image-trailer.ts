/*
 * Image trailer: what may follow an application image in its file. That is nothing, a Secure Boot v2 signature sector, or
 * the older v1 signature. Signatures are recognised here and not verified: that needs keys.
 *
 * v2 (espsecure): 0xFF up to a multiple of 4096, then one sector that begins with 0xE7 and a scheme byte (2 RSA-PSS,
 * 3 ECDSA). v1: a zero version word and 64 bytes of ECDSA signature right after the hash, then at most 12 bytes that
 * pad the file to its secure length. The v2 sector is looked for behind the image only: the last 4096 bytes of a v1 file
 * belong to the image, and their first byte could be mistaken for that of a v2 sector.
 */

import { Fault } from "../fault/fault.js";

export type Trailer = "none" | "signature-v1" | "signature-v2-rsa" | "signature-v2-ecdsa";

/** Bytes of a Secure Boot v2 signature sector. */
export const signatureSectorSize = 4096;
/** ETS_SECURE_BOOT_V2_SIGNATURE_MAGIC. */
const signatureMagic = 0xe7;
const signatureSchemeRsa = 2;
const signatureSchemeEcdsa = 3;

const v1Size = 68;
const v1PaddedSize = 80;

export class ImageTrailer {
  /** True while only 0xFF was seen between the image and the next sector boundary. */
  private _blank = true;
  /** The first four bytes behind the image, ORed: 0 as v1's version word. */
  private _version = 0;
  private _seen = 0;
  private _magic = -1;
  private _scheme = -1;

  /** Takes the next bytes behind the image. @param offset the offset of `bytes` in the file */
  update(bytes: Uint8Array, offset: number): void {
    const sector = this._sectorAfter(offset - this._seen);
    for (let i = 0; i < bytes.byteLength; i++) {
      const at = offset + i;
      if (at > sector + 1 && this._seen >= 4) {
        this._seen += bytes.byteLength - i;
        return;
      }
      const byte = bytes[i];
      if (this._seen < 4) this._version |= byte;
      if (at < sector && byte !== 0xff) this._blank = false;
      if (at === sector) this._magic = byte;
      if (at === sector + 1) this._scheme = byte;
      this._seen++;
    }
  }

  /**
   * @param imageSize bytes of the image
   * @param totalSize bytes of the file
   * @throws Fault of stage "image": "image-trailing-bytes" when something else than a signature follows the image
   */
  finish(imageSize: number, totalSize: number): Trailer {
    const size = totalSize - imageSize;
    if (size === 0) return "none";
    if ((size === v1Size || size === v1PaddedSize) && this._version === 0) return "signature-v1";
    const signed = this._blank && this._magic === signatureMagic;
    if (signed && totalSize === this._sectorAfter(imageSize) + signatureSectorSize) {
      if (this._scheme === signatureSchemeRsa) return "signature-v2-rsa";
      if (this._scheme === signatureSchemeEcdsa) return "signature-v2-ecdsa";
    }
    throw new Fault(
      "image",
      "image-trailing-bytes",
      `${size} bytes follow the image and are not a signature; the file is damaged or was padded.`,
    );
  }

  private _sectorAfter(imageSize: number): number {
    return Math.ceil(imageSize / signatureSectorSize) * signatureSectorSize;
  }
}
