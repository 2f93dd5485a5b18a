/*
 * Records on their way into the TCP stream. What the stream does not take waits here, so no byte that was taken from the
 * user is lost; it is one record, or one flight of the handshake.
 */

import type { ByteStream } from "../host/byte-stream.js";

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
};

export class Outgoing {
  private _waiting: Uint8Array[] = [];

  get empty(): boolean {
    return this._waiting.length === 0;
  }

  push(record: Uint8Array): void {
    this._waiting.push(record);
  }

  /** Hands over as much as `stream` takes, in one call: half a flight must not arrive before the other. */
  flush(stream: ByteStream): void {
    if (this._waiting.length > 1) this._waiting = [joined(this._waiting)];
    const [bytes] = this._waiting;
    if (!bytes) return;
    const taken = stream.write(bytes);
    if (taken === bytes.byteLength) this._waiting.length = 0;
    else this._waiting[0] = bytes.subarray(taken);
  }
}
