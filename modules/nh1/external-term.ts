/*
 * Erlang's External Term Format, as far as a shared-secret token needs it: {binary, integer, integer}.
 *
 * The encodings are those that Erlang's own encoder picks, so that tokens compare byte for byte with the vectors.
 * Source: "External Term Format", Erlang/OTP, tags 97, 98, 104, 109, 110, 131.
 */

const version = 131;
const smallInteger = 97;
const integer = 98;
const smallTuple = 104;
const binary = 109;
const smallBig = 110;

/** A whole number ≥ 0. Arithmetic instead of bit operators: a time in milliseconds does not fit 32 bits. */
const pushInteger = (bytes: number[], value: number): void => {
  if (value < 256) {
    bytes.push(smallInteger, value);
  } else if (value < 0x80000000) {
    bytes.push(integer, (value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  } else {
    const magnitude: number[] = [];
    for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) magnitude.push(rest % 256);
    bytes.push(smallBig, magnitude.length, 0, ...magnitude);
  }
};

/**
 * The term {identifier, signedAtMs, maxAge}.
 * @param identifier UTF-8 bytes
 * @param signedAtMs milliseconds since 1970
 * @param maxAge seconds
 */
export const encodeTokenTerm = (identifier: Uint8Array, signedAtMs: number, maxAge: number): Uint8Array => {
  const length = identifier.byteLength;
  const bytes = [version, smallTuple, 3, binary];
  bytes.push((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  for (const byte of identifier) bytes.push(byte);
  pushInteger(bytes, signedAtMs);
  pushInteger(bytes, maxAge);
  return new Uint8Array(bytes);
};
