/*
 * ByteStream: one TCP or TLS connection as WebSocket and HTTP see it.
 *
 * Types only. Everything is synchronous and allocation free on purpose: no promise and no event emitter stands in the
 * data path of a device (XS ends the machine on a rejection that nobody handles).
 *
 * The rule it guards: bytes are pulled, never pushed. A reader that does not read closes the peer's window; a writer
 * whose `write` took 0 bytes waits for `writable`. That is the whole back-pressure.
 */

/** Trust and identity of a TLS connection. An absent field means the default of the platform. */
export interface SecureOptions {
  /** Name to verify and to send as SNI; default: the host that is connected to. */
  serverName?: string;
  /** Trust anchors, DER. When given they replace the built-in roots. */
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
 * The object that opened a stream and is told of its events. It passes itself: methods cost a connection no memory,
 * closures do. No method is called from inside `open`. A listener should not throw: the platform catches an error at the
 * latest, since it would restart a device otherwise, and ends the stream.
 */
export interface ByteStreamListener {
  /** The stream is connected (and the peer verified, with `secure`). Called once. */
  opened(): void;
  /** New bytes have arrived; `count` bytes are unread in all. Not repeated for bytes that were left unread. */
  readable(count: number): void;
  /** `write` can take `count` bytes. Called after a `write` that took less than it was given. */
  writable(count: number): void;
  /**
   * The stream has ended. Without `fault` the peer ended it cleanly; bytes that were received before may still be read.
   * Otherwise `fault` is a `Fault` of stage "resolve", "connect", "tls" or "transport". Called at most once, and never
   * after `close()`.
   */
  closed(fault?: Error): void;
}

export interface ByteStream {
  /**
   * Takes leading bytes of `bytes`; the stream has copied them when this returns.
   * @returns how many were taken, 0 when the stream is full. When not all were taken, `writable` follows.
   */
  write(bytes: Uint8Array): number;
  /**
   * Moves up to `into.byteLength` received bytes to the start of `into`.
   * @returns how many, 0 when nothing is unread
   */
  read(into: Uint8Array): number;
  /** Ends the connection at once and drops unread bytes. The listener is not called afterwards. Safe to repeat. */
  close(): void;
}

export interface Network {
  /** Starts a connection. Failures of the network are never thrown; `closed` reports them. */
  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream;
  /**
   * Converts trust anchors from PEM or DER to DER and checks that each is a usable certificate. Absent where the network
   * has no TLS.
   * @throws Fault of stage "options"
   */
  readRoots?(roots: readonly (string | Uint8Array)[]): Uint8Array[];
}
