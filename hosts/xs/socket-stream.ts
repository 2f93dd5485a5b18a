/*
 * SocketStream: a plain ByteStream over the ECMA-419 TCP socket, on every platform that runs XS.
 *
 * Not TLS (modules/tls stands on this) and not name resolution, which differs by platform and is passed in.
 *
 * What the socket leaves to its user, and is done here: connecting never times out; `write` throws when given more than
 * fits; `read(view)` throws unless the view is filled; `onError` means "closed by the peer" as well as "failed". Which of
 * them, the simulator's socket says and the ESP32's does not. What is not known to have failed after it was open is a
 * clean end: TLS tells a truncated stream by itself, and so do lengths and checksums above a plain one.
 *
 * The rule it guards: no exception ever leaves a callback, since that would restart the device. One that comes out of
 * the user's callbacks is printed and ends the stream.
 */

import TCP from "embedded:io/socket/tcp";
import Timer from "timer";
import { asFault, type Fault, stackOf } from "../../modules/fault/fault.js";
import {
  connectFailed,
  connectionFailed,
  connectionRefused,
  connectionReset,
  connectTimeout,
  hostNotFound,
} from "../../modules/fault/network.js";
import type { ByteStream, ByteStreamOptions } from "../../modules/host/byte-stream.js";
import { printable } from "../../modules/text/printable.js";

/** Looks `host` up. `onResolved` comes once, never from inside, with an address or undefined. */
export type Resolve = (host: string, onResolved: (address: string | undefined) => void) => void;

/** What the typings lack: `write` returns what can still be taken, and nothing once the connection is gone. */
interface Socket {
  read(into: Uint8Array): void;
  write(bytes: Uint8Array): number | undefined;
  close(): void;
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class SocketStream implements ByteStream {
  readonly #options: ByteStreamOptions;
  #phase: "resolving" | "connecting" | "open" | "ended" | "closed" = "resolving";
  #socket: Socket | undefined;
  #timer: Timer | undefined;
  #unread = 0;
  #room = 0;
  #wantsRoom = false;

  constructor(options: ByteStreamOptions, resolve: Resolve) {
    this.#options = options;
    const { host, port, connectTimeoutMs } = options;
    this.#timer = Timer.set(() => this.#end(connectTimeout(host, port, connectTimeoutMs)), connectTimeoutMs);
    try {
      resolve(host, (address) => this.#guard(() => this.#resolved(address)));
    } catch (error) {
      this.#endSoon(connectFailed(host, port, detailOf(error), error));
    }
  }

  write(bytes: Uint8Array): number {
    if (this.#phase !== "open" || this.#socket === undefined) return 0;
    const count = Math.min(bytes.byteLength, this.#room);
    if (count > 0) {
      try {
        this.#room = this.#socket.write(count === bytes.byteLength ? bytes : bytes.subarray(0, count)) ?? 0;
      } catch (error) {
        this.#room = 0;
        this.#endSoon(this.#broken(error));
        return 0;
      }
    }
    if (count < bytes.byteLength) this.#wantsRoom = true;
    return count;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.byteLength, this.#unread);
    if (count === 0 || this.#socket === undefined) return 0;
    try {
      this.#socket.read(count === into.byteLength ? into : into.subarray(0, count));
    } catch (error) {
      this.#unread = 0;
      this.#endSoon(this.#broken(error));
      return 0;
    }
    this.#unread -= count;
    if (this.#unread === 0 && this.#phase === "ended") this.#release();
    return count;
  }

  close(): void {
    this.#phase = "closed";
    this.#unread = 0;
    this.#release();
  }

  #resolved(address: string | undefined): void {
    if (this.#phase !== "resolving") return;
    const { host, port } = this.#options;
    if (address === undefined) {
      this.#end(hostNotFound(host));
      return;
    }
    this.#phase = "connecting";
    try {
      const socket = new TCP({
        address,
        port,
        // Frames and handshake flights are short and go out whole at the end of a turn; waiting for more costs a round trip.
        nodelay: true,
        onReadable: (count) => this.#guard(() => this.#readable(count)),
        onWritable: (count) => this.#guard(() => this.#writable(count)),
        onError: ((failure?: string) => this.#guard(() => this.#failed(failure))) as () => void,
      });
      this.#socket = socket as unknown as Socket;
    } catch (error) {
      this.#end(connectFailed(host, port, detailOf(error), error));
    }
  }

  #readable(count: number): void {
    if (this.#phase !== "open") return;
    this.#unread = count;
    this.#options.onReadable(count);
  }

  #writable(count: number): void {
    this.#room = count;
    if (this.#phase === "connecting") {
      this.#phase = "open";
      this.#clearTimer();
      this.#options.onOpen();
    } else if (this.#phase === "open" && this.#wantsRoom && count > 0) {
      this.#wantsRoom = false;
      this.#options.onWritable(count);
    }
  }

  #failed(failure: string | undefined): void {
    const { host, port } = this.#options;
    if (this.#phase !== "open") this.#end(connectionRefused(host, port));
    else if (failure === undefined) this.#end(undefined);
    else this.#end(failure === "reset" ? connectionReset(host, port) : connectionFailed(host, port, failure));
  }

  #end(fault: Fault | undefined): void {
    if (this.#phase === "ended" || this.#phase === "closed") return;
    this.#phase = "ended";
    this.#clearTimer();
    if (this.#unread === 0) this.#release();
    this.#guard(() => this.#options.onClose(fault));
  }

  #broken(error: unknown): Fault {
    return connectionFailed(this.#options.host, this.#options.port, detailOf(error), error);
  }

  /** Ends the stream in a turn of its own, since callbacks never come from inside a call of the user's. */
  #endSoon(fault: Fault): void {
    this.#clearTimer();
    this.#timer = Timer.set(() => this.#end(fault));
  }

  #release(): void {
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #clearTimer(): void {
    Timer.clear(this.#timer);
    this.#timer = undefined;
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      trace(`${printable(this.#options.host)}: a stream callback threw: ${stackOf(error)}\n`);
      this.#end(asFault(error, "transport", "callback-threw"));
    }
  }
}
