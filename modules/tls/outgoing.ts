/*
 * Outgoing: the records on their way into the TCP stream; the SDK's session uses it as its transport. Bytes that the
 * stream does not take wait here, so that no byte taken from the user is lost: one record, or one flight of the handshake.
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
  /** True while records only wait for `flush`: a server that refuses half a flight would cut off its own alert. */
  collecting = true;
  private _stream: ByteStream | undefined;
  private _waiting: Uint8Array[] = [];

  get empty(): boolean {
    return this._waiting.length === 0;
  }

  /** @param stream the TCP stream that records are written to from now on */
  begin(stream: ByteStream): void {
    this._stream = stream;
  }

  /** Takes a whole record, and sends it unless `collecting` or earlier records wait. */
  write(record: Uint8Array): number {
    this._waiting.push(record);
    if (this._waiting.length === 1 && !this.collecting) this.flush();
    return 0;
  }

  /** Writes as much as the stream takes, in one call, so that the halves of a flight do not arrive one by one. */
  flush(): void {
    if (this._waiting.length > 1) this._waiting = [joined(this._waiting)];
    const [bytes] = this._waiting;
    if (!bytes) return;
    const taken = this._stream!.write(bytes);
    if (taken === bytes.byteLength) this._waiting.length = 0;
    else this._waiting[0] = bytes.subarray(taken);
  }
}
