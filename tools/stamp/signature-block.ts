/*
 * What NervesHub can tell about a Secure Boot v2 signature block without a key: whether it is whole, and whether it is
 * about this image. Whether the key is one of the organisation's only the server knows.
 *
 * Layout: esptool, ets_secure_boot_sig_block_t; the checks and their order are NervesHub's
 * (lib/nerves_hub/firmwares/update_tool/esp_idf.ex).
 */

import { crc32 } from "../../modules/ota/crc32.js";
import { signatureSectorSize } from "../../modules/ota/image-trailer.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { toHex } from "../../modules/text/hex.js";

const digestOffset = 4;
const crcOffset = 1196;

/**
 * @param image a whole file that ends in a signature sector
 * @param crypto for the digest
 * @returns why the block cannot be right, or undefined
 */
export function signatureProblem(image: Uint8Array, crypto: Crypto): string | undefined {
  const start = image.byteLength - signatureSectorSize;
  const block = image.subarray(start);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.getUint32(crcOffset, true) !== crc32(block.subarray(0, crcOffset))) {
    return "its signature block is damaged (CRC-32)";
  }
  const digest = crypto.digest("sha256");
  digest.update(image.subarray(0, start));
  if (toHex(digest.finish()) !== toHex(block.subarray(digestOffset, digestOffset + 32))) {
    return "it was changed after it was signed";
  }
  return undefined;
}
