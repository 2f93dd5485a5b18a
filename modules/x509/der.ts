/*
 * DerReader: reads Distinguished Encoding Rules (X.690) as far as certificates and keys need them: single-byte tags and
 * definite lengths.
 *
 * The rule it guards: no length is believed before it was compared with the bytes that are there. The SDK's own reader
 * (etc/ber.js, x509.c) follows lengths beyond the end and even backwards, which a server that is not authenticated yet
 * could use against a device.
 */

export const tag = Object.freeze({
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const);

/** Walks over the elements of one level. */
export class DerReader {
  private readonly _bytes: Uint8Array;
  private _at = 0;

  constructor(bytes: Uint8Array) {
    this._bytes = bytes;
  }

  get done(): boolean {
    return this._at >= this._bytes.byteLength;
  }

  /** The next tag, or -1 at the end. */
  get next(): number {
    return this.done ? -1 : this._bytes[this._at];
  }

  /** The next element with its tag and length, whatever it is. */
  element(): Uint8Array {
    const start = this._at;
    this._contents();
    return this._bytes.subarray(start, this._at);
  }

  /** The contents of the next element. @throws Error when it is not `expected`. */
  read(expected: number): Uint8Array {
    if (this.next !== expected) throw new Error(`tag ${expected} expected, found ${this.next}`);
    return this._contents();
  }

  /** The contents of the next element if it is `expected`; otherwise nothing is read. */
  optional(expected: number): Uint8Array | undefined {
    return this.next === expected ? this._contents() : undefined;
  }

  /** A reader over the contents of the next element. */
  enter(expected: number = tag.sequence): DerReader {
    return new DerReader(this.read(expected));
  }

  /**
   * A non-negative INTEGER, without the leading zero that marks it as positive.
   *
   * @throws Error when there is no such number
   */
  unsigned(): Uint8Array {
    const bytes = this.read(tag.integer);
    if (bytes.byteLength === 0 || (bytes[0] & 0x80) !== 0) throw new Error("a positive number expected");
    return bytes.byteLength > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
  }

  /** The bytes of a BIT STRING that has no unused bits. @throws Error when there is no such string */
  bits(): Uint8Array {
    const bytes = this.read(tag.bitString);
    if (bytes.byteLength < 1 || bytes[0] !== 0) throw new Error("a whole number of bytes expected");
    return bytes.subarray(1);
  }

  /** @throws Error when bytes are left */
  end(): void {
    if (!this.done) throw new Error("bytes after the end");
  }

  private _contents(): Uint8Array {
    const bytes = this._bytes;
    let at = this._at + 1;
    if (at >= bytes.byteLength) throw new Error("cut off");
    if ((bytes[this._at] & 0x1f) === 0x1f) throw new Error("long tag");
    let length = bytes[at++];
    if (length >= 0x80) {
      let count = length & 0x7f;
      // Three bytes of length reach 16 MB, beyond any TLS message.
      if (count === 0 || count > 3 || at + count > bytes.byteLength) throw new Error("bad length");
      length = 0;
      while (count-- > 0) length = (length << 8) | bytes[at++];
    }
    const end = at + length;
    if (end > bytes.byteLength) throw new Error("cut off");
    this._at = end;
    return bytes.subarray(at, end);
  }
}
