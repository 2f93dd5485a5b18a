/*
 * UTF-8 both ways, on any engine.
 *
 * XS has no TextEncoder but converts between strings and ArrayBuffers natively; Node has it the other way round. The
 * choice is made once, by what the engine has. Decoding is strict: invalid UTF-8 throws. XS by itself takes overlong
 * forms, surrogates and what lies beyond U+10FFFF.
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

/** The UTF-8 bytes of `text`; half a surrogate pair, which has none, is encoded as U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => {
  if (encoder) return encoder.encode(text);
  // JSON joins halves that stand side by side, which are two characters to XS.
  const wellFormed = text.isWellFormed() ? text : (JSON.parse(JSON.stringify(text)) as string).toWellFormed();
  return new Uint8Array((ArrayBuffer as XsArrayBuffer).fromString!(wellFormed));
};

/** @throws TypeError for what XS lets through: leads that no character has, and a second byte out of its range (RFC 3629 §4). */
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
  // XS counts code points: as many as bytes means ASCII alone, which is nearly every message and needs no second look.
  if (text.length !== bytes.byteLength) refuse(bytes);
  return text;
};
