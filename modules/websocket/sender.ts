/*
 * FrameSender: masks frames to the server (RFC 6455 §5.1, §5.3) and keeps them in one queue of unsent bytes.
 *
 * The queue is one buffer that grows up to the limit and is used again; a payload is masked in place.
 * The rule it guards: unsent bytes are bounded. `frame` refuses data beyond the limit; a close frame always fits; only the
 * newest unsent pong is kept, which §5.5.3 allows, so that a flood of pings costs nothing.
 */

import { Fault } from "../fault/fault.js";
import type { ByteStream } from "../platform/byte-stream.js";
import type { Random } from "../platform/random.js";
import { opcode } from "./frame.js";

/** Bytes accepted for sending and not yet taken by the stream. Joins have about 1 kB, reports and log batches 2 to 8. */
export const maxSendQueueBytes = 32_768;
/** Bytes of a send queue above which it is given back when it is empty. */
export const keptSendQueueBytes = 2048;

const smallestQueue = 512;
/** Two bytes, two for a length up to 65,535, four mask bytes. Frames with a longer length do not fit the queue anyhow. */
const maxHeaderBytes = 8;

export class FrameSender {
  private _random: Random;
  private _stream: ByteStream;
  private _queue!: Uint8Array;
  /** The same memory as `_queue`. */
  private _words!: Int32Array;
  private _start = 0;
  private _end = 0;
  private _mask = new Uint8Array(4);
  private _turned = new Uint8Array(4);
  private _turnedWord = new Int32Array(this._turned.buffer);
  /** Payload of the unsent pong. */
  private _pong: Uint8Array | undefined;

  constructor(random: Random, stream: ByteStream) {
    this._random = random;
    this._stream = stream;
    this._allocate(smallestQueue);
  }

  /** Bytes that the stream has not taken yet. */
  get bufferedBytes(): number {
    return this._end - this._start + (this._pong?.byteLength ?? 0);
  }

  /** Queues bytes that are not a frame (the upgrade request), and sends what the stream takes. */
  raw(bytes: Uint8Array): void {
    this._reserve(bytes.byteLength);
    this._queue.set(bytes, this._end);
    this._end += bytes.byteLength;
    this.flush();
  }

  /**
   * Queues one whole data message and sends what the stream takes.
   * @throws Fault of stage "websocket": "send-queue-full" when the queue has no room now, "message-exceeds-queue" when it
   *   never has
   */
  frame(code: number, payload: Uint8Array): void {
    const length = payload.byteLength + maxHeaderBytes;
    if (length > maxSendQueueBytes) {
      throw new Fault(
        "websocket",
        "message-exceeds-queue",
        `A message of ${payload.byteLength} bytes is longer than the send queue of ${maxSendQueueBytes} bytes; split it.`,
      );
    }
    if (this.bufferedBytes + length > maxSendQueueBytes) {
      throw new Fault(
        "websocket",
        "send-queue-full",
        `The network takes data too slowly: ${this.bufferedBytes} bytes are waiting already; wait until they are sent.`,
      );
    }
    this._append(code, payload);
    this.flush();
  }

  /** Answers a ping: queues the pong, or holds it back while other bytes are unsent. */
  pong(payload: Uint8Array): void {
    this._pong = payload.slice();
    this.flush();
  }

  /** Queues the close frame, whatever else is queued; the payload has at most 125 bytes. */
  close(payload: Uint8Array): void {
    this._pong = undefined;
    this._append(opcode.close, payload);
    this.flush();
  }

  /** Writes as much as the stream takes. */
  flush(): void {
    for (;;) {
      if (this._start === this._end) {
        // The request is a credential for as long as its signature counts.
        this._queue.fill(0, 0, this._end);
        this._start = this._end = 0;
        if (this._queue.byteLength > keptSendQueueBytes) this._allocate(smallestQueue);
        const pong = this._pong;
        if (!pong) return;
        this._pong = undefined;
        this._append(opcode.pong, pong);
      }
      const taken = this._stream.write(this._queue.subarray(this._start, this._end));
      this._start += taken;
      if (this._start < this._end) return;
    }
  }

  private _append(code: number, payload: Uint8Array): void {
    const length = payload.byteLength;
    this._reserve(length + maxHeaderBytes);
    const queue = this._queue;
    let at = this._end;
    queue[at++] = 0x80 | code;
    if (length < 126) {
      queue[at++] = 0x80 | length;
    } else {
      queue[at++] = 0x80 | 126;
      queue[at++] = length >> 8;
      queue[at++] = length & 0xff;
    }
    this._random.fill(this._mask);
    queue.set(this._mask, at);
    at += 4;
    queue.set(payload, at);
    this._end = at + length;
    this._maskRange(at, this._end);
  }

  /** Masks a payload in place, by words: a byte at a time took XS twice as long (measured). */
  private _maskRange(from: number, to: number): void {
    const queue = this._queue;
    const mask = this._mask;
    let at = from;
    for (; at < to && (at & 3) !== 0; at++) queue[at] ^= mask[(at - from) & 3];
    for (let i = 0; i < 4; i++) this._turned[i] = mask[(at - from + i) & 3];
    const word = this._turnedWord[0];
    const words = this._words;
    const lastWord = to >> 2;
    for (let i = at >> 2; i < lastWord; i++) words[i] ^= word;
    for (at = Math.max(at, to & ~3); at < to; at++) queue[at] ^= mask[(at - from) & 3];
  }

  /** `size` is a multiple of four. */
  private _allocate(size: number): void {
    this._queue = new Uint8Array(size);
    this._words = new Int32Array(this._queue.buffer);
  }

  /** Makes room for `length` bytes behind the queued ones. */
  private _reserve(length: number): void {
    const queued = this._end - this._start;
    let size = this._queue.byteLength;
    if (this._end + length <= size) return;
    while (size < queued + length) size *= 2;
    if (size === this._queue.byteLength) {
      this._queue.copyWithin(0, this._start, this._end);
    } else {
      const queue = this._queue;
      this._allocate(size);
      this._queue.set(queue.subarray(this._start, this._end));
    }
    this._start = 0;
    this._end = queued;
  }
}
