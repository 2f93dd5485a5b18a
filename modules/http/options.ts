/*
 * The options of an HttpGet, the listener that it reports to, and the response that the listener gets. Types only.
 */

import type { Fault } from "../fault/fault.js";
import type { Network, SecureOptions } from "../platform/byte-stream.js";
import type { Timers } from "../platform/timers.js";

export interface HttpResponse {
  status: number;
  reason: string;
  /** Names in lower case; repeated ones joined by ", ". */
  headers: Map<string, string>;
  /** Bytes of this body, when the server says so. In a partial response: bytes of the part. */
  length: number | undefined;
  /** `Content-Range` of a 206: first and last byte, and the size of the whole when the server says so. */
  contentRange: { from: number; to: number; total: number | undefined } | undefined;
}

export interface HttpGetOptions {
  network: Network;
  timers: Timers;
  url: string;
  /** Further request headers. They go to the origin of `url` only, not along a redirect to another one. */
  headers?: [name: string, value: string][];
  /** First byte wanted; sent as `Range` when this or `to` is given. */
  from?: number;
  /** Last byte wanted, inclusive; default: to the end. */
  to?: number;
  /** For https: `roots`, `serverName` (of the first host only), `handshakeTimeoutMs`. A client certificate is never shown. */
  secure?: SecureOptions;
  /** Bound on name resolution and connecting, and again on the TLS handshake, in milliseconds. */
  connectTimeoutMs: number;
  /** Bound on the time without a single received byte, in milliseconds; does not run while paused. */
  idleTimeoutMs: number;
}

/** The object that asked, which passes itself as with a ByteStream. An error that it throws ends the request as a fault. */
export interface HttpListener {
  /** The final response has arrived, after redirects and interim responses. Any status: the listener decides. */
  responded(response: HttpResponse): void;
  /** Bytes of the body: a view of a buffer that is used again, valid during the call. */
  data(bytes: Uint8Array): void;
  /** The body is complete. Final. */
  ended(): void;
  /** The request failed, or `ended` threw. Final. */
  failed(fault: Fault): void;
}
