/*
 * SecureStream: TLS 1.2 as a ByteStream over a plain one, on the SDK's session.
 *
 * The rules it guards: no exception leaves a callback, whatever the server sends (an exception there restarts a device).
 * Bytes are pulled: a reader that does not read closes the server's window, with one record held here. No byte that was
 * taken from the user is lost, however little the TCP stream takes.
 */

/// <reference path="../../types/tls.d.ts" />

import alert from "ssl/alert";
import { asFault, Fault } from "../fault/fault.js";
import { handshakeClosed, handshakeTimeout } from "../fault/network.js";
import type {
  ByteStream,
  ByteStreamListener,
  ByteStreamOptions,
  Network,
  SecureOptions,
} from "../platform/byte-stream.js";
import type { Clock } from "../platform/clock.js";
import type { Random } from "../platform/random.js";
import type { Timer, Timers } from "../platform/timers.js";
import { clockUnknown } from "../x509/certificate-fault.js";
import { sniName } from "../x509/server-name.js";
import { ClientSession } from "./client-session.js";
import { alertFor, explain } from "./explanation.js";
import { truncated } from "./handshake-fault.js";
import { readIdentity } from "./identity.js";
import { Outgoing } from "./outgoing.js";
import { RecordReader } from "./record-reader.js";
import { BuiltInRoots, ConfiguredRoots, ServerVerification } from "./server-verification.js";
import { type SessionCache, sessionKey } from "./session-cache.js";

/** Plain bytes of one sent TLS record: encryption holds three copies of a record for a moment. */
export const maxTlsSendBytes = 2048;
/** Default bound on a TLS handshake: an ESP32 with RSA-2048 takes some seconds, a slow network a few more. */
export const defaultHandshakeTimeoutMs = 30_000;

/** What a stream needs besides its options. */
export interface SecureEnvironment {
  /** Opens the TCP stream below. */
  network: Network;
  timers: Timers;
  clock: Clock;
  /** Source of client randoms and ephemeral keys. */
  random: Random;
  /** Sessions to resume. */
  cache: SessionCache;
  /** Longest record, in bytes, that the server is asked for: 512, 1024, 2048 or 4096. Not every server complies. */
  maxFragmentLength?: number | undefined;
}

/** Codes of faults that a wrong clock may have caused. */
const ofTheDate: readonly string[] = Object.freeze(["certificate-expired", "certificate-not-yet-valid", "clock-wrong"]);

const closeNotify = 0;
const warning = 1;
const fatal = 2;

export class SecureStream implements ByteStream, ByteStreamListener {
  private readonly _host: string;
  private readonly _port: number;
  private readonly _handshakeTimeoutMs: number;
  private readonly _environment: SecureEnvironment;
  private readonly _listener: ByteStreamListener;
  private readonly _reader = new RecordReader();
  private readonly _outgoing = new Outgoing();
  private _plain: ByteStream | undefined;
  /** In a `#` field: the SDK's session has the client's private key in its options until the handshake is over. */
  #session: ClientSession | undefined;
  private _sessionKey = "";
  private _state: "connecting" | "handshake" | "open" | "closed" = "connecting";
  /** True when the server has ended the TCP stream; bytes that it sent before may still be unread. */
  private _peerEnded = false;
  /** Application data of the current record that was not read yet. */
  private _data: Uint8Array | undefined;
  /** True when the listener was told of `_data`. */
  private _announced = false;
  private _wantsWritable = false;
  /** Until the handshake is over, its timeout; afterwards, a call of the listener in the next turn. */
  private _timer: Timer | undefined;

  /** @param secure its keys and certificates are not kept after the handshake */
  constructor(
    options: ByteStreamOptions,
    secure: SecureOptions,
    environment: SecureEnvironment,
    listener: ByteStreamListener,
  ) {
    const { host, port, connectTimeoutMs } = options;
    this._host = host;
    this._port = port;
    this._handshakeTimeoutMs = secure.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
    this._environment = environment;
    this._listener = listener;
    try {
      this.#session = this._newSession(secure);
      this._plain = environment.network.open({ host, port, connectTimeoutMs }, this);
      this._outgoing.begin(this._plain);
    } catch (error) {
      this._refuse(error);
    }
  }

  read(into: Uint8Array): number {
    let count = 0;
    try {
      while (count < into.byteLength && this._hasData()) {
        const data = this._data!;
        const part = Math.min(data.byteLength, into.byteLength - count);
        into.set(part < data.byteLength ? data.subarray(0, part) : data, count);
        count += part;
        this._data = part < data.byteLength ? data.subarray(part) : undefined;
      }
      // A reader may stop at the bytes that it was told of, so it must be told of a record behind them.
      if (this._hasData() && !this._announced) this._later(() => this.readable());
    } catch (error) {
      this._refuse(error);
    }
    return count;
  }

  write(bytes: Uint8Array): number {
    if (this._state !== "open") return 0;
    let taken = 0;
    try {
      while (taken < bytes.byteLength && this._outgoing.empty) {
        const end = Math.min(bytes.byteLength, taken + maxTlsSendBytes);
        this.#session!.write(this._outgoing, bytes.subarray(taken, end));
        taken = end;
      }
    } catch (error) {
      this._refuse(error);
    }
    this._wantsWritable = taken < bytes.byteLength;
    return taken;
  }

  close(): void {
    try {
      if (this._state === "open") this._sendAlert(warning, closeNotify);
    } catch {
      // The close_notify is a courtesy.
    }
    this._release();
  }

  /** The TCP stream has connected. */
  opened(): void {
    this._guard(this._begin);
  }

  /** The TCP stream has bytes. */
  readable(): void {
    this._guard(this._received);
  }

  /** The TCP stream takes bytes again. */
  writable(): void {
    this._guard(this._flush);
  }

  /** The TCP stream has ended. */
  closed(fault?: Error): void {
    this._guard(this._lost, fault);
  }

  /**
   * The one guard of the TCP stream's calls. `read` and `write` are the user's calls, with a guard of their own, since each
   * returns what it did before the error.
   *
   * @param body a method, so that no call costs a closure
   */
  private _guard(body: (this: SecureStream, fault?: Error) => void, fault?: Error): void {
    try {
      body.call(this, fault);
    } catch (error) {
      this._refuse(error);
    }
  }

  private _begin(): void {
    const { clock, timers } = this._environment;
    if ((clock.now() ?? clock.earliestMs) === undefined) throw clockUnknown();
    this._state = "handshake";
    this._timer = timers.set(() => this._late(), this._handshakeTimeoutMs);
    this._handshake();
  }

  private _flush(): void {
    this._outgoing.flush();
    if (!this._outgoing.empty || !this._wantsWritable || this._state !== "open") return;
    this._wantsWritable = false;
    this._listener.writable(maxTlsSendBytes);
  }

  private _lost(fault?: Error): void {
    this._peerEnded = true;
    this._received();
    if (this._state === "closed") return;
    const cut = !fault || (fault instanceof Fault && fault.stage === "transport");
    if (this._state === "handshake" && cut) this._end(handshakeClosed(this._host, this._port, fault));
    else if (fault) this._end(asFault(fault, "transport", "connection-failed"));
  }

  private _newSession(secure: SecureOptions): ClientSession {
    const { clock, cache, maxFragmentLength } = this._environment;
    const { roots, serverName = this._host } = secure;
    const identity = readIdentity(secure);
    const anchors = roots ? new ConfiguredRoots(roots) : new BuiltInRoots();
    const server = `${serverName} ${this._host}:${this._port}`;
    this._sessionKey = sessionKey(server, roots, identity?.chain ?? []);
    return new ClientSession({
      serverName: sniName(serverName),
      identity,
      trust: new ServerVerification(anchors, serverName, clock),
      cache: cache.forKey(this._sessionKey),
      maxFragmentLength,
    });
  }

  private _handshake(): void {
    const { random, timers } = this._environment;
    const over = this.#session!.proceed(this._reader, this._plain!, this._outgoing, random);
    this._outgoing.flush();
    if (!over) return;
    this._outgoing.collecting = false;
    timers.clear(this._timer);
    this._timer = undefined;
    this._state = "open";
    this._listener.opened();
    this._announce();
  }

  private _late(): void {
    this._end(handshakeTimeout(this._host, this._port, this._handshakeTimeoutMs));
  }

  private _received(): void {
    if (this._state === "handshake") this._handshake();
    else this._announce();
  }

  /** Tells the listener of a record that it was not told of. */
  private _announce(): void {
    if (this._state !== "open" || !this._hasData() || this._announced) return;
    this._announced = true;
    this._listener.readable(this._data!.byteLength);
  }

  /** Whether there is application data, if need be by reading the next records. */
  private _hasData(): boolean {
    if (this._data) return true;
    if (this._state !== "open") return false;
    const data = this.#session!.receive(this._reader, this._plain!, this._outgoing);
    if (data) {
      this._data = data;
      this._announced = false;
      return true;
    }
    if (data === null) {
      this._sendAlert(warning, closeNotify);
      this._end();
    } else if (this._peerEnded) this._end(truncated());
    return false;
  }

  private _sendAlert(level: number, description: number): void {
    this._outgoing.write(alert.packetize(this.#session!, level, description));
  }

  /** Ends the stream because of an error, with an alert for the server where one fits. */
  private _refuse(error: unknown): void {
    if (this._state === "closed") return;
    const fault = explain(error, this.#session, this._host, this._port);
    // Only a hint: dates are checked before signatures, so anybody on the path can cause these faults.
    if (ofTheDate.includes(fault.code)) this._environment.clock.onContradicted?.();
    const description = this.#session?.alert ? undefined : alertFor(fault);
    if (description !== undefined && this._state !== "connecting")
      try {
        this._sendAlert(fatal, description);
        this._outgoing.flush();
      } catch {
        // The alert is a courtesy; the fault says what is wrong.
      }
    this._end(fault);
  }

  /** Ends the stream. The listener is told in the next turn, so never in the middle of a call that it makes. */
  private _end(fault?: Fault): void {
    if (this._state === "closed") return;
    if (fault) this._environment.cache.forget(this._sessionKey);
    this._release();
    this._later(() => this._listener.closed(fault));
  }

  private _later(body: () => void): void {
    const { timers } = this._environment;
    timers.clear(this._timer);
    this._timer = timers.set(body, 0);
  }

  private _release(): void {
    this._environment.timers.clear(this._timer);
    this._state = "closed";
    this._plain?.close();
    this._plain = undefined;
    this.#session = undefined;
    this._data = undefined;
  }
}
