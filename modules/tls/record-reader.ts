/*
 * TLS records (RFC 5246 §6.2.1) out of a byte stream, one packet at a time, in one buffer that is used again.
 *
 * A packet is a whole record, or, before encryption starts, exactly one handshake message under a record header: the
 * SDK cannot read a message that spans records, and servers that fill their records (and any with a long chain and
 * NervesHub's list of CAs) send such messages. Of a CertificateRequest only the header is handed out: its 12 to 15 kB
 * of names matter to the handshake's hash alone, so they are passed on as they come and never held.
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
const certificateRequest = 13;
/** What AES-GCM adds to a record: the nonce's explicit part and the tag (RFC 5288 §3). */
const sealBytes = 8 + 16;
/** Steps of growth, in bytes. */
const growthStep = 512;

/** Whoever answers speaks something else. */
export class NotTls extends Error {}

export class RecordReader {
  /** Grows and shrinks; a packet starts with its header. */
  #bytes = new Uint8Array(new ArrayBuffer(growthStep, { maxByteLength: 65_536 }));
  /** End of the packet so far; at `headerBytes` none is begun. */
  #end = headerBytes;
  readonly #header = new Uint8Array(headerBytes);
  #headerEnd = 0;
  /** Bytes of the record's fragment that were not read yet. */
  #left = 0;
  /** Bytes of a CertificateRequest that are still to be passed on. */
  #passing = 0;
  /** Was there a record? */
  #seen = false;

  /**
   * The next packet, valid until the next call; undefined when the stream has not enough yet.
   * @param encrypted records are encrypted now, so messages cannot be seen
   * @param pass takes a CertificateRequest, header included, as it comes
   * Throws a Fault of stage "tls", or NotTls.
   */
  next(stream: ByteStream, encrypted: boolean, pass: (bytes: Uint8Array) => void): Uint8Array | undefined {
    for (;;) {
      if (this.#headerEnd < headerBytes) {
        this.#headerEnd += stream.read(this.#header.subarray(this.#headerEnd));
        if (this.#headerEnd < headerBytes) return undefined;
        this.#startRecord(encrypted);
      }
      const isMessage = this.#header[0] === handshake && !encrypted;
      const packet = isMessage ? this.#message(stream, pass) : this.#record(stream);
      if (this.#left === 0) this.#headerEnd = 0;
      if (packet) return packet;
      if (this.#left > 0) return undefined;
    }
  }

  #startRecord(encrypted: boolean): void {
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
    if (encrypted && length < sealBytes) throw badRecord("a record that is too short");
    if (length === 0 && type !== applicationData) throw badRecord("an empty record");
    if (this.#end > headerBytes && type !== handshake) throw badRecord("a handshake message is interrupted");
    this.#left = length;
  }

  #record(stream: ByteStream): Uint8Array | undefined {
    if (!this.#read(stream, this.#left)) return undefined;
    this.#bytes.set(this.#header, 0);
    return this.#finish();
  }

  /** One whole handshake message under a header of its own. */
  #message(stream: ByteStream, pass: (bytes: Uint8Array) => void): Uint8Array | undefined {
    const body = headerBytes + messageHeaderBytes;
    if (this.#passing === 0) {
      if (this.#end < body && !this.#read(stream, body - this.#end)) return undefined;
      const length = (this.#bytes[6] << 16) | (this.#bytes[7] << 8) | this.#bytes[8];
      if (length > maxHandshakeMessageBytes) throw badRecord(`a handshake message of ${length} bytes`);
      if (this.#bytes[5] !== certificateRequest) {
        if (!this.#read(stream, body + length - this.#end)) return undefined;
        const size = this.#end - headerBytes;
        this.#bytes.set([handshake, 3, 3, size >> 8, size & 0xff]);
        return this.#finish();
      }
      pass(this.#bytes.subarray(headerBytes, body));
      this.#passing = length;
    }
    while (this.#passing > 0) {
      const whole = this.#read(stream, Math.min(this.#passing, growthStep - body));
      const count = this.#end - body;
      pass(this.#bytes.subarray(body, this.#end));
      this.#passing -= count;
      this.#end = body;
      if (!whole && count === 0) return undefined;
    }
    return this.#finish();
  }

  #finish(): Uint8Array {
    const packet = this.#bytes.subarray(0, this.#end);
    this.#end = headerBytes;
    return packet;
  }

  /** Appends `count` bytes of the fragment to the packet; false when the stream or the record has not that many. */
  #read(stream: ByteStream, count: number): boolean {
    const wanted = this.#end + count;
    this.#fit(wanted);
    while (this.#end < wanted && this.#left > 0) {
      const got = stream.read(this.#bytes.subarray(this.#end, Math.min(wanted, this.#end + this.#left)));
      if (got === 0) return false;
      this.#end += got;
      this.#left -= got;
    }
    return this.#end === wanted;
  }

  #fit(needed: number): void {
    const has = this.#bytes.byteLength;
    const wasteful = has > keptTlsRecordBytes && needed < has / 4;
    if (needed <= has && !wasteful) return;
    const size = Math.ceil(needed / growthStep) * growthStep;
    (this.#bytes.buffer as ArrayBuffer).resize(size);
  }
}
