/*
 * UTF-8 both ways, on any engine.
 *
 * XS has no TextEncoder but converts between strings and ArrayBuffers natively; Node has it the other way round. The
 * choice is made once, by what the engine has. Decoding is strict: invalid UTF-8 throws. XS by itself accepts overlong
 * forms, surrogates and code points beyond U+10FFFF, so these are refused here.
 */

interface XsArrayBuffer {
  fromString?(text: string): ArrayBuffer;
}
interface XsString {
  fromArrayBuffer?(buffer: ArrayBuffer): string;
}
interface Codecs {
  TextEncoder?: new () => { encode(text: string): Uint8Array };
  TextDecoder?: new (label: string, options: object) => { decode(bytes: Uint8Array): string };
}

const codecs = globalThis as unknown as Codecs;
const encoder = codecs.TextEncoder ? new codecs.TextEncoder() : undefined;
const decoder = codecs.TextDecoder ? new codecs.TextDecoder("utf-8", { fatal: true, ignoreBOM: true }) : undefined;

/** The UTF-8 bytes of `text`; half a surrogate pair, which has no UTF-8, is encoded as U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => {
  if (encoder) return encoder.encode(text);
  // JSON.parse joins two halves side by side into one character; XS keeps them as two.
  const wellFormed = text.isWellFormed() ? text : (JSON.parse(JSON.stringify(text)) as string).toWellFormed();
  return new Uint8Array((ArrayBuffer as XsArrayBuffer).fromString!(wellFormed));
};

/** @throws TypeError for the invalid UTF-8 that XS accepts: an impossible lead byte or second byte (RFC 3629 §4) */
const refuse = (bytes: Uint8Array): void => {
  const { byteLength } = bytes;
  for (let at = 0; at < byteLength; at++) {
    const lead = bytes[at];
    if (lead < 0xc0) continue;
    const next = bytes[at + 1];
    if (
      lead < 0xc2 ||
      lead > 0xf4 ||
      (lead === 0xe0 && next < 0xa0) ||
      (lead === 0xed && next > 0x9f) ||
      (lead === 0xf0 && next < 0x90) ||
      (lead === 0xf4 && next > 0x8f)
    ) {
      throw new TypeError("invalid UTF-8");
    }
  }
};

/** The text that `bytes` hold. @throws TypeError when they are not valid UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  if (decoder) return decoder.decode(bytes);
  const text = (String as XsString).fromArrayBuffer!(bytes.slice().buffer as ArrayBuffer);
  // As many code points as bytes means ASCII alone, as in nearly every message; only other text needs `refuse`.
  if (text.length !== bytes.byteLength) refuse(bytes);
  return text;
};
