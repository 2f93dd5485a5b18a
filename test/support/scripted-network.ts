/*
 * A network without a network: the test plays the server byte by byte. Portable.
 *
 * It keeps the contract of modules/platform/byte-stream.ts to the letter, so that code which passes here relies on nothing
 * more: no callback from inside `open`, none after `close`, no repeated `readable`, partial writes.
 */

import type { ByteStream, ByteStreamListener, ByteStreamOptions, Network } from "../../modules/platform/byte-stream.js";

/** Where nobody listens. */
export const unheard: ByteStreamListener = Object.freeze({ opened() {}, readable() {}, writable() {}, closed() {} });

export class ScriptedStream implements ByteStream {
  readonly options: ByteStreamOptions;
  readonly listener: ByteStreamListener;
  /** Bytes the stream takes until the test allows more by `drain`. */
  room = Number.MAX_SAFE_INTEGER;
  /** Whether the client has closed it. */
  closed = false;
  #sent: Uint8Array = new Uint8Array(0);
  #unread: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(options: ByteStreamOptions, listener: ByteStreamListener = unheard) {
    this.options = options;
    this.listener = listener;
  }

  write(bytes: Uint8Array): number {
    if (this.closed || this.#ended) return 0;
    const count = Math.min(this.room, bytes.byteLength);
    this.room -= count;
    this.#sent = concat(this.#sent, bytes.subarray(0, count));
    return count;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.byteLength, this.#unread.byteLength);
    into.set(this.#unread.subarray(0, count));
    this.#unread = this.#unread.slice(count);
    return count;
  }

  close(): void {
    this.closed = true;
    this.#unread = new Uint8Array(0);
  }

  /** The connection stands. */
  open(): void {
    if (!this.closed) this.listener.opened();
  }

  /** The server sends `bytes`, in segments of `size`. */
  receive(bytes: Uint8Array, size: number = bytes.byteLength): void {
    for (let at = 0; at < bytes.byteLength && !this.closed; at += size) {
      this.#unread = concat(this.#unread, bytes.subarray(at, at + size));
      this.listener.readable(this.#unread.byteLength);
    }
  }

  /** The server ends the connection, or the network does with a fault. */
  end(fault?: Error): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    this.listener.closed(fault);
  }

  /** The network takes `count` more bytes. */
  drain(count: number = Number.MAX_SAFE_INTEGER): void {
    this.room = count;
    if (!this.closed) this.listener.writable(count);
  }

  /** What the client has sent since the last call. */
  takeSent(): Uint8Array {
    const sent = this.#sent;
    this.#sent = new Uint8Array(0);
    return sent;
  }

  /** Bytes that the client has left unread. */
  get unread(): number {
    return this.#unread.byteLength;
  }
}

export class ScriptedNetwork implements Network {
  /** Every stream that was opened, in order. */
  readonly streams: ScriptedStream[] = [];

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    const stream = new ScriptedStream(options, listener);
    this.streams.push(stream);
    return stream;
  }

  /** The stream that was opened last. */
  get stream(): ScriptedStream {
    return this.streams[this.streams.length - 1];
  }
}

export function concat(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
