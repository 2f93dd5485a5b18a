/*
 * ByteStream: one TCP or TLS connection as WebSocket and HTTP see it.
 *
 * Types only. Everything is synchronous and allocation free on purpose: no promise and no event emitter stands in the
 * data path of a device (XS ends the machine on a rejection that nobody handles).
 *
 * The rule it guards: bytes are pulled, never pushed. A reader that does not read closes the peer's window; a writer
 * that is told "0 taken" waits for `writable`. That is the whole back-pressure.
 */

/** Trust and identity of a TLS connection. Absent fields mean the host's defaults. */
export interface SecureOptions {
  /** Name to verify and to send as SNI; default: the host that is connected to. */
  serverName?: string;
  /** Trust anchors, DER. When given they replace the host's built-in roots. */
  roots?: Uint8Array[];
  /** Client certificate chain, DER, leaf first. */
  certificate?: Uint8Array[];
  /** Private key of the leaf, PKCS#8 DER, unencrypted. RSA or EC P-256. */
  key?: Uint8Array;
  /** Bound on the handshake, in milliseconds. */
  handshakeTimeoutMs?: number;
}

export interface ByteStreamOptions {
  /** Name or address, without brackets. */
  host: string;
  port: number;
  /** Present: TLS. The stream opens only after the peer was verified. */
  secure?: SecureOptions;
  /** Bound on name resolution and TCP connect together, in milliseconds. */
  connectTimeoutMs: number;
}

/**
 * Who opened a stream, and hears of it. An object passes itself: methods cost a connection no memory, closures do. None
 * of them is called from inside `open`. A listener should not throw: what it throws ends the stream at the latest in the
 * host, where it would restart a device otherwise.
 */
export interface ByteStreamListener {
  /** Connected (and verified, with `secure`). Comes once. */
  opened(): void;
  /** New bytes have arrived; `count` is all that is unread. Not repeated for bytes that were left unread. */
  readable(count: number): void;
  /** `count` bytes can be taken. Comes after a `write` that took less than it was given. */
  writable(count: number): void;
  /**
   * The stream has ended: by the peer without `fault` (a clean end; bytes that were received before may still be
   * read), or with a `Fault` of stage "resolve", "connect", "tls" or "transport". Comes at most once, and never after
   * `close()`.
   */
  closed(fault?: Error): void;
}

export interface ByteStream {
  /**
   * Hands over leading bytes of `bytes`; the stream has copied them when this returns.
   * @returns how many were taken, 0 when full. After taking less than all, `writable` will come.
   */
  write(bytes: Uint8Array): number;
  /**
   * Moves up to `into.byteLength` received bytes to the start of `into`.
   * @returns how many, 0 when nothing is there.
   */
  read(into: Uint8Array): number;
  /** Ends the connection at once and drops what was not read. The listener hears nothing afterwards. Safe to repeat. */
  close(): void;
}

export interface Network {
  /** Starts a connection. Never throws for anything the network does; that arrives in `closed`. */
  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream;
  /**
   * Trust anchors in PEM or DER, as DER, each looked at. Absent: this network has no TLS.
   * @throws Fault of stage "options"
   */
  readRoots?(roots: readonly (string | Uint8Array)[]): Uint8Array[];
}
