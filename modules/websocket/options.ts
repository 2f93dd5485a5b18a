/*
 * What a WebSocketClient is given, and the listener that it reports to. Types only.
 */

import type { Fault } from "../fault/fault.js";
import type { Network, SecureOptions } from "../platform/byte-stream.js";
import type { Crypto } from "../platform/crypto.js";
import type { Random } from "../platform/random.js";
import type { Timers } from "../platform/timers.js";
import type { UpgradeRefusal } from "./refusal.js";

export type { UpgradeRefusal } from "./refusal.js";

export interface Closed {
  /** From the server's close frame; 1005 when that had none, 1006 when there was no close frame (RFC 6455 §7.1.5). */
  code: number;
  reason: string;
  /** Why, when it was not a clean close. A `Violation` has the code that was sent to the server. */
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
  /** With the query. */
  path: string;
  /** Present: TLS. */
  secure?: SecureOptions;
  /** Request headers beyond those of the handshake. */
  headers: [name: string, value: string][];
  /** Bound on resolving and connecting, and again on the TLS handshake unless `secure` says otherwise. */
  connectTimeoutMs: number;
  /** Bound on the answer to the upgrade, from the moment the connection stands. */
  upgradeTimeoutMs: number;
  /** Bound on the end of a connection after a close frame was sent or received. */
  closeTimeoutMs: number;
}

/** Who opened a WebSocket; an object passes itself, as with a ByteStream. What it throws ends the connection as a fault. */
export interface WebSocketListener {
  /** The server has agreed, with these headers. */
  opened(headers: ReadonlyMap<string, string>): void;
  text(text: string): void;
  /** A view that is valid during the call. */
  binary(bytes: Uint8Array): void;
  /** The server answered in HTTP, but not with 101. Final. */
  refused(refusal: UpgradeRefusal): void;
  /** The connection is over. Final, instead of `refused`; or `refused` threw. */
  closed(closed: Closed): void;
}
