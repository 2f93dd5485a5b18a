/*
 * SocketStream: a plain ByteStream over the ECMA-419 TCP socket, on every platform that runs XS.
 *
 * It does no TLS (modules/tls adds it) and no name resolution, which differs by platform and is passed in.
 *
 * It makes up for what the socket lacks: the socket's connecting never times out; its `write` throws when given more than
 * fits; its `read(view)` throws unless the view is filled; its `onError` means "closed by the peer" as well as "failed". The
 * simulator's socket tells which of the two, the ESP32's does not. An open connection that is not known to have failed has
 * ended cleanly: TLS detects a truncated stream by itself, and so do lengths and checksums above a plain one.
 *
 * The rule it guards: no exception ever leaves a callback, since that would restart the device. An error of the listener is
 * printed and ends the stream. The socket's callbacks are functions in ROM, which find their stream as the socket's `target`
 * (ECMA-419), since closures would cost RAM, three for each connection.
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
import type { ByteStream, ByteStreamListener, ByteStreamOptions } from "../../modules/platform/byte-stream.js";
import { printable } from "../../modules/text/printable.js";

/** Looks `host` up. Calls `onResolved` once, never from inside, with an address, or undefined for an unknown name. */
export type Resolve = (host: string, onResolved: (address: string | undefined) => void) => void;

/** The socket as it is, unlike its typings: `write` returns how many bytes can still be taken, undefined after the end. */
interface Socket {
  readonly target: SocketStream;
  read(into: Uint8Array): void;
  write(bytes: Uint8Array): number | undefined;
  close(): void;
}

const detailOf = (error: unknown): string => {
  return error instanceof Error ? error.message : String(error);
};

export class SocketStream implements ByteStream {
  private readonly _host: string;
  private readonly _port: number;
  private readonly _listener: ByteStreamListener;
  private _phase: "resolving" | "connecting" | "open" | "ended" | "closed" = "resolving";
  private _socket: Socket | undefined;
  private _timer: Timer | undefined;
  private _unread = 0;
  private _room = 0;
  private _wantsRoom = false;

  constructor({ host, port, connectTimeoutMs }: ByteStreamOptions, resolve: Resolve, listener: ByteStreamListener) {
    this._host = host;
    this._port = port;
    this._listener = listener;
    this._timer = Timer.set(() => this._end(connectTimeout(host, port, connectTimeoutMs)), connectTimeoutMs);
    try {
      resolve(host, (address) => this._resolved(address));
    } catch (error) {
      this._endSoon(connectFailed(host, port, detailOf(error), error));
    }
  }

  write(bytes: Uint8Array): number {
    if (this._phase !== "open" || this._socket === undefined) return 0;
    let taken = 0;
    // A socket that has sent what it took at once has room again, and calls nobody for it.
    while (taken < bytes.byteLength && this._room > 0) {
      const count = Math.min(bytes.byteLength - taken, this._room);
      try {
        this._room = this._socket.write(count === bytes.byteLength ? bytes : bytes.subarray(taken, taken + count)) ?? 0;
      } catch (error) {
        this._room = 0;
        this._endSoon(this._broken(error));
        return taken;
      }
      taken += count;
    }
    if (taken < bytes.byteLength) this._wantsRoom = true;
    return taken;
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
    if (address === undefined) {
      this._end(hostNotFound(this._host));
      return;
    }
    this._phase = "connecting";
    try {
      const socket = new TCP({
        address,
        port: this._port,
        // Frames and handshake flights are short and written whole; waiting for more bytes would cost a round trip.
        nodelay: true,
        target: this,
        onReadable: this._onReadable,
        onWritable: this._onWritable,
        onError: this._onError,
      } as unknown as ConstructorParameters<typeof TCP>[0]);
      this._socket = socket as unknown as Socket;
    } catch (error) {
      this._end(connectFailed(this._host, this._port, detailOf(error), error));
    }
  }

  private _onReadable(this: Socket, count: number): void {
    const stream = this.target;
    if (stream._phase !== "open") return;
    stream._unread = count;
    stream._tell("readable", count);
  }

  private _onWritable(this: Socket, count: number): void {
    const stream = this.target;
    stream._room = count;
    if (stream._phase === "connecting") {
      stream._phase = "open";
      stream._clearTimer();
      stream._tell("opened");
    } else if (stream._phase === "open" && stream._wantsRoom && count > 0) {
      stream._wantsRoom = false;
      stream._tell("writable", count);
    }
  }

  /** @param failure only from the simulator's socket: why an open connection failed */
  private _onError(this: Socket, failure?: string): void {
    const stream = this.target;
    const { _host: host, _port: port } = stream;
    if (stream._phase !== "open") stream._end(connectionRefused(host, port));
    else if (failure === undefined) stream._end(undefined);
    else stream._end(failure === "reset" ? connectionReset(host, port) : connectionFailed(host, port, failure));
  }

  private _end(fault: Fault | undefined): void {
    if (this._phase === "ended" || this._phase === "closed") return;
    this._phase = "ended";
    this._clearTimer();
    if (this._unread === 0) this._release();
    this._tell("closed", fault);
  }

  private _broken(error: unknown): Fault {
    return connectionFailed(this._host, this._port, detailOf(error), error);
  }

  /** Ends the stream in a turn of its own: the listener is never called from inside a call that it makes. */
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

  /** Calls the listener. When it throws, the stream ends and the listener is told so, unless it threw in `closed`. */
  private _tell(event: keyof ByteStreamListener, argument?: number | Fault): void {
    try {
      this._listener[event](argument as never);
    } catch (error) {
      trace(`${printable(this._host)}: a stream's listener threw: ${stackOf(error)}\n`);
      this._end(asFault(error, "application", "callback-threw"));
    }
  }
}
