/*
 * Records on their way into the TCP stream. What the stream does not take waits here, so no byte that was taken from the
 * user is lost; it is one record, or one flight of the handshake.
 */

import type { ByteStream } from "../host/byte-stream.js";

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

export class Outgoing {
  #waiting: Uint8Array[] = [];

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  push(record: Uint8Array): void {
    this.#waiting.push(record);
  }

  /** Hands over as much as `stream` takes, in one call: half a flight must not arrive before the other. */
  flush(stream: ByteStream): void {
    if (this.#waiting.length > 1) this.#waiting = [joined(this.#waiting)];
    const [bytes] = this.#waiting;
    if (!bytes) return;
    const taken = stream.write(bytes);
    if (taken === bytes.byteLength) this.#waiting.length = 0;
    else this.#waiting[0] = bytes.subarray(taken);
  }
}
