/*
 * TLS records (RFC 5246 §6.2.1) out of a byte stream, one packet at a time, in one buffer that is used again.
 *
 * A packet is a whole record, or, before encryption starts, exactly one handshake message under a record header: the
 * SDK cannot read a message that spans records, and servers that fill their records (and any with a long chain and
 * NervesHub's list of CAs) send such messages.
 *
 * Bytes are pulled from the stream only while a packet is being put together.
 */

import { badRecord, plainHttp } from "../fault/tls.js";
import type { ByteStream } from "../host/byte-stream.js";
import { keptTlsRecordBytes, maxHandshakeMessageBytes, maxTlsRecordBytes } from "../limits/limits.js";

const headerBytes = 5;
const messageHeaderBytes = 4;
const changeCipherSpec = 20;
const handshake = 22;
const applicationData = 23;
/** What AES-GCM adds to a record: the nonce's explicit part and the tag (RFC 5288 §3). */
const sealBytes = 8 + 16;
/** Steps of growth, in bytes. */
const growthStep = 512;

/** Whoever answers speaks something else. */
export class NotTls extends Error {}

export class RecordReader {
  /** Grows and shrinks; a packet starts with its header. */
  #bytes = new Uint8Array(new ArrayBuffer(growthStep, { maxByteLength: 65_536 }));
  /** Was there a record? */
  #seen = false;
  readonly #header = new Uint8Array(headerBytes);
  #headerFilled = 0;
  /** Record that is being read: where its fragment goes, and how far it is. */
  #fragmentEnd = 0;
  #filled = 0;
  /** Handshake bytes that are read but not handed out. */
  #start = headerBytes;
  #end = headerBytes;

  /**
   * The next packet, valid until the next call; undefined when the stream has not enough yet.
   * @param encrypted records are encrypted now, so messages cannot be seen
   * Throws a Fault of stage "tls".
   */
  next(stream: ByteStream, encrypted: boolean): Uint8Array | undefined {
    for (;;) {
      const message = this.#message();
      if (message) return message;
      if (!this.#fill(stream)) return undefined;
      const type = this.#header[0];
      this.#headerFilled = 0;
      if (type === handshake && !encrypted) {
        this.#end = this.#filled;
        continue;
      }
      if (encrypted && this.#filled - headerBytes < sealBytes) throw badRecord("a record that is too short");
      if (this.#end > this.#start) throw badRecord("a handshake message is interrupted by something else");
      this.#bytes.set(this.#header, 0);
      return this.#bytes.subarray(0, this.#filled);
    }
  }

  /** One whole handshake message under a header of its own, if there is one. */
  #message(): Uint8Array | undefined {
    const available = this.#end - this.#start;
    if (available < messageHeaderBytes) return undefined;
    const at = this.#start;
    const bytes = this.#bytes;
    const length = messageHeaderBytes + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
    if (length > maxHandshakeMessageBytes) throw badRecord(`a handshake message of ${length} bytes`);
    if (available < length) return undefined;
    const packet = at - headerBytes;
    bytes[packet] = handshake;
    bytes[packet + 1] = this.#header[1];
    bytes[packet + 2] = this.#header[2];
    bytes[packet + 3] = length >> 8;
    bytes[packet + 4] = length & 0xff;
    this.#start = at + length;
    return bytes.subarray(packet, at + length);
  }

  /** Reads on until the record is complete. */
  #fill(stream: ByteStream): boolean {
    if (this.#headerFilled < headerBytes) {
      this.#headerFilled += stream.read(this.#header.subarray(this.#headerFilled));
      if (this.#headerFilled < headerBytes) return false;
      this.#startFragment();
    }
    while (this.#filled < this.#fragmentEnd) {
      const count = stream.read(this.#bytes.subarray(this.#filled, this.#fragmentEnd));
      if (count === 0) return false;
      this.#filled += count;
    }
    return true;
  }

  #startFragment(): void {
    const [type, major, , high, low] = this.#header;
    const length = (high << 8) | low;
    // "HTTP/", what a web server says to a hello that it does not understand.
    if (type === 0x48 && major === 0x54) throw plainHttp();
    if (type < changeCipherSpec || type > applicationData || major !== 3) {
      if (!this.#seen) throw new NotTls("the first bytes begin no TLS record");
      throw badRecord("no record begins like this");
    }
    this.#seen = true;
    if (length > maxTlsRecordBytes) throw badRecord(`a record of ${length} bytes`);
    if (length === 0 && type !== applicationData) throw badRecord("an empty record");
    // What is left of an unfinished handshake message moves to the front, and the fragment goes behind it.
    const left = this.#end - this.#start;
    if (left > 0) this.#bytes.copyWithin(headerBytes, this.#start, this.#end);
    this.#start = headerBytes;
    this.#end = headerBytes + left;
    this.#filled = this.#end;
    this.#fragmentEnd = this.#end + length;
    this.#fit(this.#fragmentEnd);
  }

  #fit(needed: number): void {
    const has = this.#bytes.byteLength;
    const wasteful = has > keptTlsRecordBytes && needed < has / 4;
    if (needed <= has && !wasteful) return;
    const size = Math.ceil(needed / growthStep) * growthStep;
    (this.#bytes.buffer as ArrayBuffer).resize(size);
  }
}
