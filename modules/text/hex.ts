/*
 * Hexadecimal text: checksums (NervesHub sends upper case), ELF hashes and log lines.
 */

const digits = "0123456789abcdef";

/** @returns lower case, two digits per byte */
export const toHex = (bytes: Uint8Array): string => {
  const parts: string[] = [];
  for (const byte of bytes) parts.push(digits[byte >> 4], digits[byte & 15]);
  return parts.join("");
};

/** @returns undefined when the text is not whole bytes of hexadecimal digits, either case */
export const fromHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  let i = 0;
  for (const character of text.toLowerCase()) {
    const value = digits.indexOf(character);
    if (value < 0) return undefined;
    bytes[i >> 1] = (i & 1) === 0 ? value << 4 : bytes[i >> 1] | value;
    i++;
  }
  return bytes;
};
