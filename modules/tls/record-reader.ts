/*
 * RecordReader: reads TLS records (RFC 5246 §6.2.1) from a byte stream, one packet at a time, in one buffer that is used
 * again.
 *
 * A packet is a whole record or, before encryption starts, exactly one handshake message under a record header. The SDK
 * cannot read a message that spans records, but servers that fill their records send such messages, and so does every
 * server with a long chain and NervesHub's list of CAs. A CertificateRequest is handed out as its header alone: its 12 to
 * 15 kB of names matter to the handshake's hash only, so they go to the hash as they arrive and are never held.
 *
 * Bytes are read from the stream only while a packet is being put together.
 */

import type { ByteStream } from "../platform/byte-stream.js";
import { badRecord, plainHttp } from "./handshake-fault.js";

/** Bytes of one handshake message. NervesHub's CertificateRequest with the Mozilla CA list has 12 to 15 kB, a chain 2 to 6. */
export const maxHandshakeMessageBytes = 32_768;
/** Bytes of the fragment of one TLS record, with its overhead (RFC 5246 §6.2.3). */
export const maxTlsRecordBytes = 16_384 + 2048;
/** Bytes of a record buffer above which it shrinks as soon as a record needs less than a quarter of it. */
export const keptTlsRecordBytes = 4096;

const headerBytes = 5;
const messageHeaderBytes = 4;
const changeCipherSpec = 20;
const handshake = 22;
const applicationData = 23;
const certificateRequest = 13;
/** Bytes that AES-GCM adds to a record: the nonce's explicit part and the tag (RFC 5288 §3). */
const sealBytes = 8 + 16;
/** The buffer's size is a multiple of this, in bytes. */
const growthStep = 512;

/** The server answers in another protocol than TLS. */
export class NotTls extends Error {}

/** The hash of the handshake. */
export interface Hash {
  write(bytes: Uint8Array): void;
}

export class RecordReader {
  /** The packet, its header first. Grows and shrinks. */
  private _bytes = new Uint8Array(new ArrayBuffer(growthStep, { maxByteLength: 65_536 }));
  /** End of the packet so far; `headerBytes` when no packet is begun. */
  private _end = headerBytes;
  private readonly _header = new Uint8Array(headerBytes);
  private _headerEnd = 0;
  /** Bytes of the record's fragment that are still to be read. */
  private _left = 0;
  /** Bytes of a CertificateRequest that are still to go to the hash. */
  private _passing = 0;
  /** True once a record has begun. */
  private _seen = false;

  /**
   * @param encrypted true when records are encrypted, so that handshake messages cannot be seen
   * @param hash takes the bytes of a CertificateRequest, header included, as they arrive
   * @returns the next packet, valid until the next call; undefined when the stream has not enough bytes yet
   * @throws Fault of stage "tls", or NotTls
   */
  next(stream: ByteStream, encrypted: boolean, hash: Hash | undefined): Uint8Array | undefined {
    for (;;) {
      if (this._headerEnd < headerBytes) {
        this._headerEnd += stream.read(this._header.subarray(this._headerEnd));
        if (this._headerEnd < headerBytes) return undefined;
        this._startRecord(encrypted);
      }
      const isMessage = this._header[0] === handshake && !encrypted;
      const packet = isMessage ? this._message(stream, hash) : this._record(stream);
      if (this._left === 0) this._headerEnd = 0;
      if (packet) return packet;
      if (this._left > 0) return undefined;
    }
  }

  private _startRecord(encrypted: boolean): void {
    const [type, major, , high, low] = this._header;
    const length = (high << 8) | low;
    // "HT" of "HTTP/", the answer of a web server to a ClientHello, which it does not understand.
    if (type === 0x48 && major === 0x54) throw plainHttp();
    if (type < changeCipherSpec || type > applicationData || major !== 3) {
      if (!this._seen) throw new NotTls("the first bytes begin no TLS record");
      throw badRecord("no record begins like this");
    }
    this._seen = true;
    if (length > maxTlsRecordBytes) throw badRecord(`a record of ${length} bytes`);
    if (encrypted && length < sealBytes) throw badRecord("a record that is too short");
    if (length === 0 && type !== applicationData) throw badRecord("an empty record");
    if (this._end > headerBytes && type !== handshake) throw badRecord("a handshake message is interrupted");
    this._left = length;
  }

  private _record(stream: ByteStream): Uint8Array | undefined {
    if (!this._read(stream, this._left)) return undefined;
    this._bytes.set(this._header, 0);
    return this._finish();
  }

  /** @returns one whole handshake message under a record header of its own */
  private _message(stream: ByteStream, hash: Hash | undefined): Uint8Array | undefined {
    const body = headerBytes + messageHeaderBytes;
    if (this._passing === 0) {
      if (this._end < body && !this._read(stream, body - this._end)) return undefined;
      const length = (this._bytes[6] << 16) | (this._bytes[7] << 8) | this._bytes[8];
      if (length > maxHandshakeMessageBytes) throw badRecord(`a handshake message of ${length} bytes`);
      if (this._bytes[5] !== certificateRequest) {
        if (!this._read(stream, body + length - this._end)) return undefined;
        const size = this._end - headerBytes;
        this._bytes.set([handshake, 3, 3, size >> 8, size & 0xff]);
        return this._finish();
      }
      hash?.write(this._bytes.subarray(headerBytes, body));
      this._passing = length;
    }
    while (this._passing > 0) {
      const whole = this._read(stream, Math.min(this._passing, growthStep - body));
      const count = this._end - body;
      hash?.write(this._bytes.subarray(body, this._end));
      this._passing -= count;
      this._end = body;
      if (!whole && count === 0) return undefined;
    }
    return this._finish();
  }

  private _finish(): Uint8Array {
    const packet = this._bytes.subarray(0, this._end);
    this._end = headerBytes;
    return packet;
  }

  /** Appends `count` bytes of the fragment to the packet; false when the stream or the record has not that many. */
  private _read(stream: ByteStream, count: number): boolean {
    const wanted = this._end + count;
    this._fit(wanted);
    while (this._end < wanted && this._left > 0) {
      const got = stream.read(this._bytes.subarray(this._end, Math.min(wanted, this._end + this._left)));
      if (got === 0) return false;
      this._end += got;
      this._left -= got;
    }
    return this._end === wanted;
  }

  private _fit(needed: number): void {
    const has = this._bytes.byteLength;
    const wasteful = has > keptTlsRecordBytes && needed < has / 4;
    if (needed <= has && !wasteful) return;
    const size = Math.ceil(needed / growthStep) * growthStep;
    (this._bytes.buffer as ArrayBuffer).resize(size);
  }
}
