/*
 * Outgoing: records on their way into the TCP stream, and what the SDK's session takes for its transport. What the stream
 * does not take waits here, so no byte that was taken from the user is lost; it is one record, or one flight of the
 * handshake.
 */

/// <reference path="../../types/tls.d.ts" />

import type { Transport } from "ssl/session";
import type { ByteStream } from "../platform/byte-stream.js";

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
};

export class Outgoing implements Transport {
  readonly readable = 1;
  readonly writable = 0;
  /** Records are collected until `flush`: a server that refuses half of a flight would cut off its own alert. */
  collecting = true;
  private _stream: ByteStream | undefined;
  private _waiting: Uint8Array[] = [];

  get empty(): boolean {
    return this._waiting.length === 0;
  }

  /** @param stream where records go from now on */
  begin(stream: ByteStream): void {
    this._stream = stream;
  }

  /** Takes a record whole, and sends it unless others wait. */
  write(record: Uint8Array): number {
    this._waiting.push(record);
    if (this._waiting.length === 1 && !this.collecting) this.flush();
    return 0;
  }

  /** Hands over as much as the stream takes, in one call: half a flight must not arrive before the other. */
  flush(): void {
    if (this._waiting.length > 1) this._waiting = [joined(this._waiting)];
    const [bytes] = this._waiting;
    if (!bytes) return;
    const taken = this._stream!.write(bytes);
    if (taken === bytes.byteLength) this._waiting.length = 0;
    else this._waiting[0] = bytes.subarray(taken);
  }
}
