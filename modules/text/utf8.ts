/*
 * UTF-8 both ways, on any engine.
 *
 * XS has no TextEncoder but converts between strings and ArrayBuffers natively; Node has it the other way round. The
 * choice is made once, by what the engine has. Decoding is strict: invalid UTF-8 throws.
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

/** The UTF-8 bytes of `text`. */
export function encodeUtf8(text: string): Uint8Array {
  if (encoder) return encoder.encode(text);
  return new Uint8Array((ArrayBuffer as XsArrayBuffer).fromString!(text));
}

/** The text that `bytes` hold. Throws TypeError when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (decoder) return decoder.decode(bytes);
  return (String as XsString).fromArrayBuffer!(bytes.slice().buffer as ArrayBuffer);
}
