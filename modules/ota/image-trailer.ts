/*
 * What may follow an application image in its file: nothing, a Secure Boot v2 signature sector, or the older v1
 * signature. Recognised here, not verified: that needs keys.
 *
 * v2 (espsecure): 0xFF up to a multiple of 4096, then one sector that begins with 0xE7 and a scheme byte (2 RSA-PSS,
 * 3 ECDSA). v1: a zero version word and 64 bytes of ECDSA signature right after the hash, then at most 12 bytes that
 * pad the file to its secure length. The last 4096 bytes of a v1 file are image; only their first byte could be mistaken
 * for a v2 block, which is why the sector is looked for behind the image and nowhere else.
 */

import { Fault } from "../fault/fault.js";

export type Trailer = "none" | "signature-v1" | "signature-v2-rsa" | "signature-v2-ecdsa";

/** The signature's sector, bytes. */
export const signatureSectorSize = 4096;
/** ETS_SECURE_BOOT_V2_SIGNATURE_MAGIC. */
const signatureMagic = 0xe7;
const signatureSchemeRsa = 2;
const signatureSchemeEcdsa = 3;

const v1Size = 68;
const v1PaddedSize = 80;

export class ImageTrailer {
  /** All that has been seen before the first sector boundary behind the image: 0xFF only. */
  private _blank = true;
  /** The first four bytes: v1's version word. */
  private _version = 0;
  private _seen = 0;
  private _magic = -1;
  private _scheme = -1;

  /** @param offset of `bytes` in the file */
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

  /** @throws Fault "image-trailing-bytes" for anything but nothing or a signature */
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
