/*
 * A device's end of a connection, by hand: it writes the bytes it is told to, good or bad, and takes apart what comes.
 * No WebSocket library, since most of what is recorded here no library would send.
 */

import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawResponse {
  readonly head: readonly string[];
  readonly body: Buffer;
}

export interface FrameOptions {
  readonly masked?: boolean;
  readonly fin?: boolean;
  readonly rsv1?: boolean;
}

/** How long the hub may take over something that should come, ms of real time. */
const patienceMs = 1500;

export class RawClient {
  readonly frames: RawFrame[] = [];
  ended = false;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  readonly #pongs = new Set<string>();
  #response: RawResponse | undefined;
  #bytes = Buffer.alloc(0);
  #syncs = 0;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (data: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#take();
      this.#wake();
    });
    const end = () => {
      this.ended = true;
      this.#wake();
    };
    this.#socket.on("error", end).on("end", end).on("close", end);
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  frame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): void {
    this.write(frameBytes(opcode, payload, options));
  }

  async response(): Promise<RawResponse> {
    await this.#until(() => this.#response !== undefined, "an HTTP response");
    return this.#response!;
  }

  /** The next frame that is not an answer to `sync`. */
  async next(): Promise<RawFrame | undefined> {
    await this.#until(() => this.frames.length > 0 || this.ended, "a frame").catch(() => undefined);
    return this.frames.shift();
  }

  /** Lets what the hub has already written arrive: both ends live in this process, so some turns of its loop do. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10 && this.frames.length === 0; turn++) await new Promise(setImmediate);
  }

  /** Waits until the hub has dealt with everything written so far, or has closed. */
  async sync(): Promise<void> {
    const mark = `sync ${++this.#syncs}`;
    this.frame(9, Buffer.from(mark));
    await this.#until(() => this.#pongs.delete(mark) || this.ended || this.frames.at(-1)?.opcode === 8, "a pong");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(): void {
    if (this.#response === undefined) this.#takeResponse();
    if (this.#response?.head[0].split(" ")[1] !== "101") return;
    for (;;) {
      const frame = this.#takeFrame();
      if (frame === undefined) return;
      const text = frame.payload.toString();
      if (frame.opcode === 10 && text.startsWith("sync ")) this.#pongs.add(text);
      else this.frames.push(frame);
    }
  }

  #takeResponse(): void {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#bytes.toString("latin1", 0, end).split("\r\n");
    const length = /^content-length: (\d+)$/im.exec(head.join("\n"))?.[1];
    const bodyEnd = end + 4 + Number(length ?? 0);
    if (this.#bytes.length < bodyEnd) return;
    this.#response = { head, body: this.#bytes.subarray(end + 4, bodyEnd) };
    this.#bytes = this.#bytes.subarray(bodyEnd);
  }

  #takeFrame(): RawFrame | undefined {
    if (this.#bytes.length < 2) return undefined;
    const short = this.#bytes[1] & 0x7f;
    const header = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#bytes.length < header) return undefined;
    const length =
      short === 126 ? this.#bytes.readUInt16BE(2) : short === 127 ? Number(this.#bytes.readBigUInt64BE(2)) : short;
    if (this.#bytes.length < header + length) return undefined;
    const frame = { opcode: this.#bytes[0] & 15, payload: Buffer.from(this.#bytes.subarray(header, header + length)) };
    this.#bytes = this.#bytes.subarray(header + length);
    return frame;
  }

  #until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!done()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`${what} did not come`));
      }, patienceMs);
      this.#waiting.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

export function frameBytes(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { masked = true, fin = true, rsv1 = false } = options;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  length[0] |= masked ? 0x80 : 0;
  const mask = masked ? randomBytes(4) : Buffer.alloc(0);
  const body = masked ? payload.map((byte, i) => byte ^ mask[i & 3]) : payload;
  return Buffer.concat([Buffer.from([first, ...length]), mask, body]);
}
