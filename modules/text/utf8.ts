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

/** The UTF-8 bytes of `text`. */
export function encodeUtf8(text: string): Uint8Array {
  if (encoder) return encoder.encode(text);
  return new Uint8Array((ArrayBuffer as XsArrayBuffer).fromString!(text));
}

/**
 * Throws TypeError for what XS lets through: a lead byte whose next byte is outside [low, high] (RFC 3629 §4). Lead bytes
 * are found by the engine's own search, since a loop over every byte costs a device milliseconds a kilobyte.
 */
function refuse(bytes: Uint8Array, lead: number, low: number, high: number): void {
  for (let at = bytes.indexOf(lead); at >= 0; at = bytes.indexOf(lead, at + 1)) {
    const next = bytes[at + 1];
    if (!(next >= low && next <= high)) throw new TypeError("invalid UTF-8");
  }
}

/** The text that `bytes` hold. Throws TypeError when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (decoder) return decoder.decode(bytes);
  refuse(bytes, 0xc0, 0xff, 0);
  refuse(bytes, 0xc1, 0xff, 0);
  refuse(bytes, 0xe0, 0xa0, 0xbf);
  refuse(bytes, 0xed, 0x80, 0x9f);
  refuse(bytes, 0xf0, 0x90, 0xbf);
  refuse(bytes, 0xf4, 0x80, 0x8f);
  for (let lead = 0xf5; lead <= 0xff; lead++) refuse(bytes, lead, 0xff, 0);
  return (String as XsString).fromArrayBuffer!(bytes.slice().buffer as ArrayBuffer);
}
