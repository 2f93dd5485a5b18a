/*
 * Sender: frames to the server, masked (RFC 6455 §5.1, §5.3), in one queue of unsent bytes.
 *
 * The queue is one buffer that grows up to the limit and is used again; a payload is masked where it lies in it.
 * The rule it guards: what waits to be sent is bounded. Data beyond the limit is refused to the caller; a close frame
 * always fits; of unsent pongs only the newest is kept, which §5.5.3 allows, so that a flood of pings costs nothing.
 */

import { Fault } from "../fault/fault.js";
import type { ByteStream } from "../host/byte-stream.js";
import type { Random } from "../host/random.js";
import { keptSendQueueBytes, maxSendQueueBytes } from "../limits/limits.js";
import { maxControlBytes, opcode } from "./frame.js";

const smallestQueue = 512;
/** Two bytes, four mask bytes, two for a length up to 65,535; longer frames do not fit the queue anyhow. */
const maxHeaderBytes = 8;

export class Sender {
  #random: Random;
  #stream: ByteStream;
  #queue!: Uint8Array;
  /** The same memory as `#queue`. */
  #words!: Int32Array;
  #start = 0;
  #end = 0;
  #mask = new Uint8Array(4);
  #turned = new Uint8Array(4);
  #turnedWord = new Int32Array(this.#turned.buffer);
  #pong = new Uint8Array(maxControlBytes);
  /** Length of the pong that waits, -1 when none does. */
  #pongLength = -1;

  constructor(random: Random, stream: ByteStream) {
    this.#random = random;
    this.#stream = stream;
    this.#allocate(smallestQueue);
  }

  /** Bytes that the stream has not taken yet. */
  get bufferedBytes(): number {
    return this.#end - this.#start + Math.max(0, this.#pongLength);
  }

  /** Queues bytes that are not a frame (the upgrade request), and sends what the stream takes. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#queue.set(bytes, this.#end);
    this.#end += bytes.byteLength;
    this.flush();
  }

  /**
   * Queues one whole data message or a ping and sends what the stream takes.
   * @throws Fault "send-queue-full" when it has no room now, "message-exceeds-queue" when it never will have
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
    this.#append(code, payload);
    this.flush();
  }

  /** Queues the answer to a ping, or keeps it back while other bytes are unsent. */
  pong(payload: Uint8Array): void {
    this.#pong.set(payload);
    this.#pongLength = payload.byteLength;
    this.flush();
  }

  /** Queues the close frame, whatever else is queued; the payload has at most 125 bytes. */
  close(payload: Uint8Array): void {
    this.#pongLength = -1;
    this.#append(opcode.close, payload);
    this.flush();
  }

  /** Gives the stream as much as it takes. */
  flush(): void {
    for (;;) {
      if (this.#start === this.#end) {
        this.#start = this.#end = 0;
        if (this.#queue.byteLength > keptSendQueueBytes) this.#allocate(smallestQueue);
        if (this.#pongLength < 0) return;
        const length = this.#pongLength;
        this.#pongLength = -1;
        this.#append(opcode.pong, this.#pong.subarray(0, length));
      }
      const taken = this.#stream.write(this.#queue.subarray(this.#start, this.#end));
      this.#start += taken;
      if (this.#start < this.#end) return;
    }
  }

  #append(code: number, payload: Uint8Array): void {
    const length = payload.byteLength;
    this.#reserve(length + maxHeaderBytes);
    const queue = this.#queue;
    let at = this.#end;
    queue[at++] = 0x80 | code;
    if (length < 126) {
      queue[at++] = 0x80 | length;
    } else {
      queue[at++] = 0x80 | 126;
      queue[at++] = length >> 8;
      queue[at++] = length & 0xff;
    }
    this.#random.fill(this.#mask);
    queue.set(this.#mask, at);
    at += 4;
    queue.set(payload, at);
    this.#end = at + length;
    this.#maskRange(at, this.#end);
  }

  /** Masks a payload where it lies, by words: a byte at a time took XS twice as long (measured). */
  #maskRange(from: number, to: number): void {
    const queue = this.#queue;
    const mask = this.#mask;
    let at = from;
    for (; at < to && (at & 3) !== 0; at++) queue[at] ^= mask[(at - from) & 3];
    for (let i = 0; i < 4; i++) this.#turned[i] = mask[(at - from + i) & 3];
    const word = this.#turnedWord[0];
    const words = this.#words;
    const lastWord = to >> 2;
    for (let i = at >> 2; i < lastWord; i++) words[i] ^= word;
    for (at = Math.max(at, to & ~3); at < to; at++) queue[at] ^= mask[(at - from) & 3];
  }

  /** `size` is a multiple of four. */
  #allocate(size: number): void {
    this.#queue = new Uint8Array(size);
    this.#words = new Int32Array(this.#queue.buffer);
  }

  /** Makes room for `length` bytes behind the queued ones. */
  #reserve(length: number): void {
    const queued = this.#end - this.#start;
    let size = this.#queue.byteLength;
    if (this.#end + length <= size) return;
    while (size < queued + length) size *= 2;
    if (size === this.#queue.byteLength) {
      this.#queue.copyWithin(0, this.#start, this.#end);
    } else {
      const queue = this.#queue;
      this.#allocate(size);
      this.#queue.set(queue.subarray(this.#start, this.#end));
    }
    this.#start = 0;
    this.#end = queued;
  }
}
