/*
 * Image trailer: what may follow an application image in its file. That is nothing, padding, a Secure Boot v2 signature sector
 * (with padding behind it or not), or the older v1 signature. Signatures are recognised here and not verified: that needs keys.
 *
 * Padding is 0xFF (esptool's --pad-to-size, a dump of a partition) or 0x00, of any length. ESP-IDF looks at nothing behind the
 * image; other bytes are refused all the same, since they would be the hash of an image whose "hash appended" byte has flipped.
 *
 * v2 (espsecure): 0xFF up to a multiple of 4096, then one sector that begins with 0xE7 and a scheme byte (2 RSA-PSS,
 * 3 ECDSA). v1: a zero version word and 64 bytes of ECDSA signature right after the hash, then at most 12 bytes that
 * pad the file to its secure length. The v2 sector is looked for behind the image only: the last 4096 bytes of a v1 file
 * belong to the image, and their first byte could be mistaken for that of a v2 sector.
 */

import { Fault } from "../fault/fault.js";

export type Trailer = "none" | "padding" | "signature-v1" | "signature-v2-rsa" | "signature-v2-ecdsa";

/** Bytes of a Secure Boot v2 signature sector. */
export const signatureSectorSize = 4096;
/** ETS_SECURE_BOOT_V2_SIGNATURE_MAGIC. */
const signatureMagic = 0xe7;
const signatureSchemeRsa = 2;
const signatureSchemeEcdsa = 3;

const v1Size = 68;
const v1PaddedSize = 80;

export class ImageTrailer {
  /** Whether all bytes between the image and the next sector boundary were 0xFF, and all of the trailer, and 0x00. */
  private _blank = true;
  private _erased = true;
  private _zeros = true;
  /** Whether all bytes behind a signature's sector were 0xFF. */
  private _blankBehind = true;
  /** The first four bytes behind the image, ORed: 0 as v1's version word. */
  private _version = 0;
  private _seen = 0;
  private _magic = -1;
  private _scheme = -1;

  /** Takes the next bytes behind the image. @param offset the offset of `bytes` in the file */
  update(bytes: Uint8Array, offset: number): void {
    const sector = sectorAfter(offset - this._seen);
    const behind = sector + signatureSectorSize;
    for (let i = 0; i < bytes.byteLength; i++) {
      const at = offset + i;
      const byte = bytes[i];
      if (this._seen < 4) this._version |= byte;
      if (byte !== 0xff) {
        this._erased = false;
        if (at < sector) this._blank = false;
        if (at >= behind) this._blankBehind = false;
      }
      if (byte !== 0) this._zeros = false;
      if (at === sector) this._magic = byte;
      if (at === sector + 1) this._scheme = byte;
      this._seen++;
    }
  }

  /**
   * @param imageSize bytes of the image
   * @param totalSize bytes of the file
   * @throws Fault of stage "image": "image-trailing-bytes" when something else than padding or a signature follows the image
   */
  finish(imageSize: number, totalSize: number): Trailer {
    const size = totalSize - imageSize;
    if (size === 0) return "none";
    if (this._erased || this._zeros) return "padding";
    if ((size === v1Size || size === v1PaddedSize) && this._version === 0) return "signature-v1";
    const signed = this._blank && this._magic === signatureMagic && this._blankBehind;
    if (signed && totalSize >= sectorAfter(imageSize) + signatureSectorSize) {
      if (this._scheme === signatureSchemeRsa) return "signature-v2-rsa";
      if (this._scheme === signatureSchemeEcdsa) return "signature-v2-ecdsa";
    }
    throw new Fault(
      "image",
      "image-trailing-bytes",
      `${size} bytes follow the image and are neither padding nor a signature; the file is damaged.`,
    );
  }
}

const sectorAfter = (imageSize: number): number => Math.ceil(imageSize / signatureSectorSize) * signatureSectorSize;
