/*
 * NodeNetwork: ByteStreams over node:net and node:tls.
 *
 * It decides nothing: network-fault.ts names what failed, and the session decides when to try again. The rule it guards: at
 * most 64 kB are held in each direction, then the peer has to wait.
 */

import { X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, createSecureContext } from "node:tls";
import { asFault, type Fault } from "../../modules/fault/fault.js";
import {
  badCredentials,
  badRoots,
  connectTimeout,
  handshakeClosed,
  handshakeTimeout,
} from "../../modules/fault/network.js";
import type {
  ByteStream,
  ByteStreamListener,
  ByteStreamOptions,
  Network,
  SecureOptions,
} from "../../modules/platform/byte-stream.js";
import { readRoots } from "../../modules/x509/encoded.js";
import { sniName } from "../../modules/x509/server-name.js";
import { dnsUnavailable } from "./faults.js";
import { type ConnectionPhase, networkFault } from "./network-fault.js";

const maxUnreadBytes = 65_536;
const maxUnwrittenBytes = 65_536;
/** How long a closed stream tries to send the bytes that it had taken. */
const lingerMs = 1000;
/** Bound on the handshake when `SecureOptions` has none: far more than any handshake takes. */
const defaultHandshakeTimeoutMs = 30_000;

export class NodeNetwork implements Network {
  readRoots(roots: readonly (string | Uint8Array)[]): Uint8Array[] {
    return readRoots(roots);
  }

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    return new NodeStream(options, listener);
  }
}

class NodeStream implements ByteStream {
  #options: ByteStreamOptions;
  #listener: ByteStreamListener;
  #socket: Socket | undefined;
  #phase: ConnectionPhase;
  #timer: NodeJS.Timeout | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #wantsWritable = false;
  #closed = false;

  constructor(options: ByteStreamOptions, listener: ByteStreamListener) {
    this.#options = options;
    this.#listener = listener;
    const { host, port, secure, connectTimeoutMs } = options;
    this.#phase = isIP(host) ? "connect" : "resolve";
    try {
      this.#socket = secure ? connectSecurely(host, port, secure) : connectTcp({ host, port });
    } catch (error) {
      setImmediate(() => this.#end(asFault(error, "connect", "connect-failed")));
      return;
    }
    const socket = this.#socket;
    socket.setNoDelay(true);
    this.#startTimer(connectTimeoutMs, () =>
      this.#phase === "resolve" ? dnsUnavailable(host) : connectTimeout(host, port, connectTimeoutMs),
    );
    socket.on("lookup", (error) => {
      if (!error) this.#phase = "connect";
    });
    socket.on("connect", () => {
      if (secure) this.#beginHandshake(secure.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs);
      else this.#opened();
    });
    socket.on("secureConnect", () => this.#opened());
    socket.on("data", (bytes) => this.#received(bytes));
    socket.on("end", () => this.#end(this.#early()));
    socket.on("error", (error) => this.#end(networkFault(error, this.#phase, options)));
    socket.on("close", () => this.#end(this.#early()));
  }

  write(bytes: Uint8Array): number {
    const socket = this.#socket;
    if (!socket || this.#closed || this.#phase !== "open") return 0;
    const room = Math.max(0, maxUnwrittenBytes - socket.writableLength);
    const count = Math.min(room, bytes.byteLength);
    if (count < bytes.byteLength) this.#wantsWritable = true;
    if (count > 0) socket.write(Buffer.from(bytes.subarray(0, count)), () => this.#written());
    return count;
  }

  read(into: Uint8Array): number {
    let count = 0;
    while (count < into.byteLength && this.#unread.length > 0) {
      const piece = this.#unread[0];
      const taken = Math.min(piece.byteLength, into.byteLength - count);
      into.set(piece.subarray(0, taken), count);
      count += taken;
      if (taken === piece.byteLength) this.#unread.shift();
      else this.#unread[0] = piece.subarray(taken);
    }
    this.#unreadBytes -= count;
    if (this.#unreadBytes < maxUnreadBytes && this.#socket?.isPaused()) this.#socket.resume();
    return count;
  }

  close(): void {
    this.#closed = true;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#release();
  }

  #beginHandshake(timeoutMs: number): void {
    const { host, port } = this.#options;
    this.#phase = "tls";
    this.#startTimer(timeoutMs, () => handshakeTimeout(host, port, timeoutMs));
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#phase = "open";
    if (!this.#closed) this.#listener.opened();
  }

  #received(bytes: Buffer): void {
    if (this.#closed) return;
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.byteLength;
    if (this.#unreadBytes >= maxUnreadBytes) this.#socket?.pause();
    this.#listener.readable(this.#unreadBytes);
  }

  #written(): void {
    const room = maxUnwrittenBytes - (this.#socket?.writableLength ?? 0);
    if (this.#closed || !this.#wantsWritable || room <= 0) return;
    this.#wantsWritable = false;
    this.#listener.writable(room);
  }

  /** @returns the fault of an end before the stream was open; undefined afterwards, when an end is clean */
  #early(): Fault | undefined {
    const { host, port } = this.#options;
    return this.#phase === "open" ? undefined : handshakeClosed(host, port);
  }

  /** Ends the connection; received bytes can still be read. */
  #end(fault?: Fault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.#listener.closed(fault);
  }

  #startTimer(delayMs: number, fault: () => Fault): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(fault()), delayMs);
  }

  /** Sends the bytes that were written, then drops the socket, after `lingerMs` even when the peer does not read. */
  #release(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    if (this.#phase !== "open") {
      socket.destroy();
      return;
    }
    socket.destroySoon();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  }
}

function connectSecurely(host: string, port: number, secure: SecureOptions): Socket {
  const name = secure.serverName ?? host;
  const options: ConnectionOptions = {
    host,
    port,
    minVersion: "TLSv1.2",
    // Only a name may be sent as SNI; an address is verified by `checkServerIdentity` all the same.
    servername: sniName(name) ?? "",
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
  if (secure.roots) options.ca = secure.roots.map(rootPem);
  if (secure.certificate) options.cert = secure.certificate.map((each) => pem("CERTIFICATE", each)).join("");
  if (secure.key) options.key = pem("PRIVATE KEY", secure.key);
  try {
    options.secureContext = createSecureContext(options);
  } catch (error) {
    throw badCredentials(error instanceof Error ? error.message : String(error), error);
  }
  return connectTls(options);
}

/** @throws Fault of stage "tls": "bad-roots" for a root that cannot be read, which OpenSSL would ignore */
function rootPem(der: Uint8Array): string {
  try {
    return new X509Certificate(der).toString();
  } catch (error) {
    throw badRoots(error instanceof Error ? error.message : String(error), error);
  }
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
