/*
 * CRC-32 as zlib, ESP-IDF (esp_rom_crc32_le) and the Secure Boot v2 signature block count it: reflected, polynomial
 * 0xEDB88320.
 *
 * The table has sixteen entries instead of 256: the CRC runs over a few hundred bytes at a time, and the table stays in
 * flash.
 */

const table: readonly number[] = Object.freeze([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
  0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/**
 * @param previous the CRC of the bytes before `bytes`, as for zlib's crc32(); ESP-IDF passes UINT32_MAX for its otadata
 * @returns 0 to 2^32 − 1
 */
export const crc32 = (bytes: Uint8Array, previous = 0): number => {
  let crc = ~previous;
  for (const byte of bytes) {
    crc = table[(crc ^ byte) & 15] ^ (crc >>> 4);
    crc = table[(crc ^ (byte >> 4)) & 15] ^ (crc >>> 4);
  }
  return ~crc >>> 0;
};
