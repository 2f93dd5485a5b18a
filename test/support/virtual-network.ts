/*
 * A network in memory with servers in it, moved by the timers of the test. Portable.
 *
 * Bytes take a millisecond from one side to the other. A server can stop in the middle of anything: end, reset, or fall
 * silent after a given number of bytes.
 */

import { connectionRefused, connectionReset } from "../../modules/fault/network.js";
import type { ByteStream, ByteStreamListener, ByteStreamOptions, Network } from "../../modules/platform/byte-stream.js";
import type { Timers } from "../../modules/platform/timers.js";
import { readRoots } from "../../modules/x509/encoded.js";

const latencyMs = 1;

/** How a connection breaks off. */
export type Break = "end" | "reset" | "silence";

/** A server's side of one connection. */
export class Connection {
  onData: (bytes: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  /** The client has read this many bytes: what a network with a small window would have carried. */
  onRead: (count: number) => void = () => {};
  /** Bytes that still pass before the connection breaks off. */
  remaining = Number.MAX_SAFE_INTEGER;
  breakAs: Break = "end";
  /** Called when the connection broke off by `remaining`. */
  onBroken: () => void = () => {};
  readonly #client: VirtualStream;

  constructor(client: VirtualStream) {
    this.#client = client;
  }

  send(bytes: Uint8Array): void {
    const passing = bytes.subarray(0, Math.min(bytes.byteLength, this.remaining));
    this.remaining -= passing.byteLength;
    if (passing.byteLength > 0) this.#client.receive(passing);
    if (passing.byteLength === bytes.byteLength) return;
    if (this.breakAs !== "silence") this.end(this.breakAs);
    this.onBroken();
  }

  end(how: Break = "end"): void {
    this.#client.peerEnded(how);
  }
}

export class VirtualStream implements ByteStream {
  readonly #options: ByteStreamOptions;
  readonly #listener: ByteStreamListener;
  readonly #timers: Timers;
  #server: Connection | undefined;
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #notified = false;
  #closed = false;
  #ended: Break | undefined;

  constructor(
    options: ByteStreamOptions,
    listener: ByteStreamListener,
    timers: Timers,
    accept: ((connection: Connection) => void) | undefined,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#timers = timers;
    timers.set(() => {
      if (this.#closed) return;
      if (accept === undefined) {
        this.#closed = true;
        listener.closed(connectionRefused(options.host, options.port));
        return;
      }
      this.#server = new Connection(this);
      accept(this.#server);
      listener.opened();
    }, latencyMs);
  }

  write(bytes: Uint8Array): number {
    const copy = bytes.slice();
    if (!this.#closed && this.#ended === undefined) {
      this.#timers.set(() => {
        if (!this.#closed) this.#server?.onData(copy);
      }, latencyMs);
    }
    return bytes.byteLength;
  }

  read(into: Uint8Array): number {
    let at = 0;
    while (at < into.byteLength && this.#unread.length > 0) {
      const first = this.#unread[0];
      const count = Math.min(first.byteLength, into.byteLength - at);
      into.set(first.subarray(0, count), at);
      at += count;
      if (count === first.byteLength) this.#unread.shift();
      else this.#unread[0] = first.subarray(count);
    }
    this.#unreadBytes -= at;
    this.#server?.onRead(at);
    return at;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.set(() => this.#server?.onEnd(), latencyMs);
  }

  receive(bytes: Uint8Array): void {
    if (this.#closed || this.#ended !== undefined) return;
    this.#unread.push(bytes.slice());
    this.#unreadBytes += bytes.byteLength;
    if (this.#notified) return;
    this.#notified = true;
    this.#timers.set(() => {
      this.#notified = false;
      if (!this.#closed) this.#listener.readable(this.#unreadBytes);
    }, latencyMs);
  }

  peerEnded(how: Break): void {
    if (this.#closed || this.#ended !== undefined) return;
    this.#ended = how;
    if (how === "silence") return;
    this.#timers.set(() => {
      if (this.#closed) return;
      this.#closed = true;
      const { host, port } = this.#options;
      this.#listener.closed(how === "reset" ? connectionReset(host, port) : undefined);
    }, latencyMs * 2);
  }
}

export class VirtualNetwork implements Network {
  readRoots(roots: readonly (string | Uint8Array)[]): Uint8Array[] {
    return readRoots(roots);
  }

  readonly #timers: Timers;
  readonly #servers: Map<number, (connection: Connection) => void>;

  /** @param servers by port; other ports refuse */
  constructor(timers: Timers, servers: Map<number, (connection: Connection) => void>) {
    this.#timers = timers;
    this.#servers = servers;
  }

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    return new VirtualStream(options, listener, this.#timers, this.#servers.get(options.port));
  }
}
