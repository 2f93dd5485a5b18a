/*
 * One ByteStream under test: opens it, reads what comes unless told not to, and waits for what happens. Needs Node.
 */

import { NodeNetwork } from "../../hosts/node/network.js";
import type { Fault } from "../../modules/fault/fault.js";
import type { ByteStream, ByteStreamListener, ByteStreamOptions } from "../../modules/platform/byte-stream.js";

export class StreamProbe implements ByteStreamListener {
  readonly stream: ByteStream;
  /** What happened, in order: "open", "readable 5", "writable 100", "close", "close connection-refused". */
  readonly seen: string[] = [];
  fault: Fault | undefined;
  #received: Uint8Array[] = [];
  /** Whether bytes are read as they come. */
  reading = true;
  #waiting: (() => void)[] = [];

  constructor(options: Partial<ByteStreamOptions> & { port: number }) {
    this.stream = new NodeNetwork().open({ host: "127.0.0.1", connectTimeoutMs: 5000, ...options }, this);
  }

  opened(): void {
    this.#happened("open");
  }

  readable(count: number): void {
    if (this.reading) this.read();
    this.#happened(`readable ${count}`);
  }

  writable(count: number): void {
    this.#happened(`writable ${count}`);
  }

  closed(fault?: Error): void {
    this.fault = fault as Fault | undefined;
    if (this.reading) this.read();
    this.#happened(fault ? `close ${this.fault?.code}` : "close");
  }

  /** Reads all there is. */
  read(): void {
    const piece = new Uint8Array(4096);
    for (let count = this.stream.read(piece); count > 0; count = this.stream.read(piece)) {
      this.#received.push(piece.slice(0, count));
    }
  }

  /** All bytes read so far. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Waits until `condition` holds; it is looked at whenever something happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits for the opening or the end. */
  started(): Promise<void> {
    return this.until(() => this.seen.length > 0);
  }

  /** Waits for the end. */
  ended(): Promise<void> {
    return this.until(() => this.seen.some((event) => event.startsWith("close")));
  }

  #happened(event: string): void {
    this.seen.push(event);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Waits until `value` has stayed the same for many turns of the event loop: on loopback, until all buffers are full. */
export async function settled(value: () => number): Promise<void> {
  let last = value();
  for (let turns = 0; turns < 100; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() === last) continue;
    last = value();
    turns = 0;
  }
}
