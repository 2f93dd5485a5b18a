/*
 * The options of a WebSocketClient, and the listener that it reports to. Types only.
 */

import type { Fault } from "../fault/fault.js";
import type { Network, SecureOptions } from "../platform/byte-stream.js";
import type { Crypto } from "../platform/crypto.js";
import type { Random } from "../platform/random.js";
import type { Timers } from "../platform/timers.js";
import type { UpgradeRefusal } from "./refusal.js";

export type { UpgradeRefusal } from "./refusal.js";

export interface Closed {
  /** Code of the server's close frame; 1005 when the frame had none, 1006 when there was no frame (RFC 6455 §7.1.5). */
  code: number;
  reason: string;
  /** The reason when the close was not clean. A `Violation` has the close code that was sent to the server. */
  fault?: Fault;
}

export interface WebSocketOptions {
  network: Network;
  timers: Timers;
  random: Random;
  crypto: Crypto;
  /** Name or address, without brackets. */
  host: string;
  port: number;
  /** Path with the query. */
  path: string;
  /** Present: TLS. */
  secure?: SecureOptions;
  /** Request headers beyond those of the handshake. */
  headers: [name: string, value: string][];
  /** Bound on name resolution and connecting, and again on the TLS handshake unless `secure` has a bound of its own. */
  connectTimeoutMs: number;
  /** Bound on the time from `opened` of the stream to the response to the upgrade. */
  upgradeTimeoutMs: number;
  /** Bound on the time from a sent or received close frame to the end of the connection. */
  closeTimeoutMs: number;
}

/** The object that opened a WebSocket, which passes itself as with a ByteStream. An error that it throws ends the connection. */
export interface WebSocketListener {
  /** The server has accepted, with these response headers. */
  opened(headers: ReadonlyMap<string, string>): void;
  text(text: string): void;
  /** A view that is valid during the call. */
  binary(bytes: Uint8Array): void;
  /** The server answered in HTTP, but not with 101. Final. */
  refused(refusal: UpgradeRefusal): void;
  /** The connection has ended, or `refused` threw. Final. */
  closed(closed: Closed): void;
}
