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

const detailOf = (error: unknown): string => {
  return error instanceof Error ? error.message : String(error);
};

export class SocketStream implements ByteStream {
  private readonly _options: ByteStreamOptions;
  private _phase: "resolving" | "connecting" | "open" | "ended" | "closed" = "resolving";
  private _socket: Socket | undefined;
  private _timer: Timer | undefined;
  private _unread = 0;
  private _room = 0;
  private _wantsRoom = false;

  constructor(options: ByteStreamOptions, resolve: Resolve) {
    this._options = options;
    const { host, port, connectTimeoutMs } = options;
    this._timer = Timer.set(() => this._end(connectTimeout(host, port, connectTimeoutMs)), connectTimeoutMs);
    try {
      resolve(host, (address) => this._guard(() => this._resolved(address)));
    } catch (error) {
      this._endSoon(connectFailed(host, port, detailOf(error), error));
    }
  }

  write(bytes: Uint8Array): number {
    if (this._phase !== "open" || this._socket === undefined) return 0;
    const count = Math.min(bytes.byteLength, this._room);
    if (count > 0) {
      try {
        this._room = this._socket.write(count === bytes.byteLength ? bytes : bytes.subarray(0, count)) ?? 0;
      } catch (error) {
        this._room = 0;
        this._endSoon(this._broken(error));
        return 0;
      }
    }
    if (count < bytes.byteLength) this._wantsRoom = true;
    return count;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.byteLength, this._unread);
    if (count === 0 || this._socket === undefined) return 0;
    try {
      this._socket.read(count === into.byteLength ? into : into.subarray(0, count));
    } catch (error) {
      this._unread = 0;
      this._endSoon(this._broken(error));
      return 0;
    }
    this._unread -= count;
    if (this._unread === 0 && this._phase === "ended") this._release();
    return count;
  }

  close(): void {
    this._phase = "closed";
    this._unread = 0;
    this._release();
  }

  private _resolved(address: string | undefined): void {
    if (this._phase !== "resolving") return;
    const { host, port } = this._options;
    if (address === undefined) {
      this._end(hostNotFound(host));
      return;
    }
    this._phase = "connecting";
    try {
      const socket = new TCP({
        address,
        port,
        // Frames and handshake flights are short and go out whole at the end of a turn; waiting for more costs a round trip.
        nodelay: true,
        onReadable: (count) => this._guard(() => this._readable(count)),
        onWritable: (count) => this._guard(() => this._writable(count)),
        onError: ((failure?: string) => this._guard(() => this._failed(failure))) as () => void,
      });
      this._socket = socket as unknown as Socket;
    } catch (error) {
      this._end(connectFailed(host, port, detailOf(error), error));
    }
  }

  private _readable(count: number): void {
    if (this._phase !== "open") return;
    this._unread = count;
    this._options.onReadable(count);
  }

  private _writable(count: number): void {
    this._room = count;
    if (this._phase === "connecting") {
      this._phase = "open";
      this._clearTimer();
      this._options.onOpen();
    } else if (this._phase === "open" && this._wantsRoom && count > 0) {
      this._wantsRoom = false;
      this._options.onWritable(count);
    }
  }

  private _failed(failure: string | undefined): void {
    const { host, port } = this._options;
    if (this._phase !== "open") this._end(connectionRefused(host, port));
    else if (failure === undefined) this._end(undefined);
    else this._end(failure === "reset" ? connectionReset(host, port) : connectionFailed(host, port, failure));
  }

  private _end(fault: Fault | undefined): void {
    if (this._phase === "ended" || this._phase === "closed") return;
    this._phase = "ended";
    this._clearTimer();
    if (this._unread === 0) this._release();
    this._guard(() => this._options.onClose(fault));
  }

  private _broken(error: unknown): Fault {
    return connectionFailed(this._options.host, this._options.port, detailOf(error), error);
  }

  /** Ends the stream in a turn of its own, since callbacks never come from inside a call of the user's. */
  private _endSoon(fault: Fault): void {
    this._clearTimer();
    this._timer = Timer.set(() => this._end(fault));
  }

  private _release(): void {
    this._clearTimer();
    const socket = this._socket;
    this._socket = undefined;
    socket?.close();
  }

  private _clearTimer(): void {
    Timer.clear(this._timer);
    this._timer = undefined;
  }

  private _guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      trace(`${printable(this._options.host)}: a stream callback threw: ${stackOf(error)}\n`);
      this._end(asFault(error, "application", "callback-threw"));
    }
  }
}
