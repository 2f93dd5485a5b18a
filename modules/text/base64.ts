/*
 * Base64 (RFC 4648 §4 and §5). It is written out here, since XS and Node have it under different names
 * (Uint8Array.toBase64 and Buffer) and the amounts are small: keys, tokens and handshake values.
 */

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const encode = (bytes: Uint8Array, alphabet: string, pad: boolean): string => {
  const parts: string[] = [];
  for (let i = 0; i < bytes.byteLength; i += 3) {
    const left = bytes.byteLength - i;
    const a = bytes[i];
    const b = left > 1 ? bytes[i + 1] : 0;
    const c = left > 2 ? bytes[i + 2] : 0;
    parts.push(alphabet[a >> 2], alphabet[((a & 3) << 4) | (b >> 4)]);
    if (left > 1) parts.push(alphabet[((b & 15) << 2) | (c >> 6)]);
    else if (pad) parts.push("=");
    if (left > 2) parts.push(alphabet[c & 63]);
    else if (pad) parts.push("=");
  }
  return parts.join("");
};

/** Standard alphabet, padded. */
export const toBase64 = (bytes: Uint8Array): string => {
  return encode(bytes, standard, true);
};

/** URL-safe alphabet, no padding. */
export const toBase64Url = (bytes: Uint8Array): string => {
  return encode(bytes, urlSafe, false);
};

/**
 * The bytes of base64 text: either alphabet, padded or not; line breaks and blanks are passed over (PEM).
 * @returns undefined when the text is not base64
 */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let count = 0;
  let bits = 0;
  let held = 0;
  let ended = false;
  for (const character of text) {
    if (character === "\n" || character === "\r" || character === " ") continue;
    if (character === "=") {
      ended = true;
      continue;
    }
    let value = standard.indexOf(character);
    if (value < 0) value = urlSafe.indexOf(character);
    if (value < 0 || ended) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[count++] = (bits >> held) & 0xff;
    }
  }
  if (held === 6 || (bits & ((1 << held) - 1)) !== 0) return undefined;
  return bytes.slice(0, count);
};
