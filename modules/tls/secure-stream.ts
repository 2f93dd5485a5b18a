/*
 * SecureStream: TLS 1.2 as a ByteStream over a plain one, on the SDK's session.
 *
 * The rules it guards: no exception leaves a callback, whatever the server sends (on a device that is a restart); bytes
 * are pulled, so a reader that does not read closes the server's window, with one record held here; and no byte that
 * was taken is lost, however little the TCP stream takes.
 */

import RNG from "rng";
import alert from "ssl/alert";
import type { Transport } from "ssl/session";
import { asFault, Fault } from "../fault/fault.js";
import { handshakeClosed, handshakeTimeout } from "../fault/network.js";
import { clockUnknown, truncated } from "../fault/tls.js";
import type { ByteStream, ByteStreamOptions, Network, SecureOptions } from "../host/byte-stream.js";
import type { Clock } from "../host/clock.js";
import type { Random } from "../host/random.js";
import type { Timer, Timers } from "../host/timers.js";
import { defaultHandshakeTimeoutMs, maxTlsSendBytes } from "../limits/limits.js";
import { sniName } from "../x509/server-name.js";
import { ClientSession } from "./client-session.js";
import { readCredentials } from "./credentials.js";
import { Outgoing } from "./outgoing.js";
import { RecordReader } from "./record-reader.js";
import { alertFor, explain } from "./refusal.js";
import { type SessionCache, sessionKey } from "./session-cache.js";
import { BuiltInRoots, ConfiguredRoots, Trust } from "./trust.js";

/** What a stream needs besides its options. */
export interface SecureEnvironment {
  /** Opens the TCP stream below. */
  network: Network;
  timers: Timers;
  clock: Clock;
  /** Client randoms and ephemeral keys come from here. */
  random: Random;
  /** Sessions to resume. */
  cache: SessionCache;
  /** Longest record, in bytes, that the server is asked for: 512, 1024, 2048 or 4096. Not every server listens. */
  maxFragmentLength?: number | undefined;
}

export type SecureStreamOptions = ByteStreamOptions & { secure: SecureOptions };

/** Codes of faults that a wrong clock would be the cause of. */
const ofTheDate: readonly string[] = Object.freeze(["certificate-expired", "certificate-not-yet-valid", "clock-wrong"]);

const closeNotify = 0;
const warning = 1;
const fatal = 2;
const seedBytes = 32;

export class SecureStream implements ByteStream {
  private readonly _options: SecureStreamOptions;
  private readonly _environment: SecureEnvironment;
  private readonly _reader = new RecordReader();
  private readonly _transport: Transport;
  private _plain: ByteStream | undefined;
  private _session: ClientSession | undefined;
  private _sessionKey = "";
  private _state: "connecting" | "handshake" | "open" | "closed" = "connecting";
  /** The server has ended the TCP stream; what it sent before may still be there. */
  private _peerEnded = false;
  /** Application data of the current record that was not read yet. */
  private _data: Uint8Array | undefined;
  /** Was the reader told of `_data`? */
  private _announced = false;
  private readonly _outgoing = new Outgoing();
  private _wantsWritable = false;
  private _deadline: Timer | undefined;
  /** A callback that waits for the next turn. */
  private _soon: Timer | undefined;

  constructor(options: SecureStreamOptions, environment: SecureEnvironment) {
    this._options = options;
    this._environment = environment;
    this._transport = { readable: 1, writable: 0, write: (record) => this._send(record) };
    this._guarded(() => {
      this._session = this._newSession();
      this._plain = environment.network.open({
        host: options.host,
        port: options.port,
        connectTimeoutMs: options.connectTimeoutMs,
        onOpen: () => this._guarded(() => this._connected()),
        onReadable: () => this._guarded(() => this._received()),
        onWritable: () => this._guarded(() => this._drained()),
        onClose: (fault) => this._guarded(() => this._peerClosed(fault)),
      });
    });
  }

  read(into: Uint8Array): number {
    let count = 0;
    this._guarded(() => {
      while (count < into.byteLength && this._hasData()) {
        const data = this._data!;
        const part = Math.min(data.byteLength, into.byteLength - count);
        into.set(part < data.byteLength ? data.subarray(0, part) : data, count);
        count += part;
        this._data = part < data.byteLength ? data.subarray(part) : undefined;
      }
      // A reader that stops at what it was told of must hear of the records behind.
      if (this._hasData() && !this._announced) this._later(() => this._guarded(() => this._announce()));
    });
    return count;
  }

  write(bytes: Uint8Array): number {
    if (this._state !== "open") return 0;
    let taken = 0;
    this._guarded(() => {
      while (taken < bytes.byteLength && this._outgoing.empty) {
        const end = Math.min(bytes.byteLength, taken + maxTlsSendBytes);
        this._session!.write(this._transport, bytes.subarray(taken, end));
        taken = end;
      }
    });
    this._wantsWritable = taken < bytes.byteLength;
    return taken;
  }

  close(): void {
    this._guarded(() => {
      if (this._state === "open") this._sendAlert(warning, closeNotify);
    });
    this._release();
  }

  private _newSession(): ClientSession {
    const { host, port, secure } = this._options;
    const { clock, cache } = this._environment;
    const { roots, serverName = host } = secure;
    const credentials = readCredentials(secure);
    const anchors = roots ? new ConfiguredRoots(roots) : new BuiltInRoots();
    this._sessionKey = sessionKey(`${serverName} ${host}:${port}`, roots, credentials?.chain ?? []);
    return new ClientSession({
      serverName: sniName(serverName),
      credentials,
      trust: new Trust(anchors, serverName, clock),
      cache: cache.forKey(this._sessionKey),
      maxFragmentLength: this._environment.maxFragmentLength,
    });
  }

  private _connected(): void {
    const { clock, timers } = this._environment;
    const { host, port, secure } = this._options;
    if (clock.now() === undefined) throw clockUnknown();
    this._state = "handshake";
    const limitMs = secure.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
    this._deadline = timers.set(() => this._guarded(() => this._end(handshakeTimeout(host, port, limitMs))), limitMs);
    this._handshake();
  }

  private _handshake(): void {
    const over = this._session!.proceed(this._reader, this._plain!, this._transport, () => this._reseed());
    this._flush();
    if (!over) return;
    this._environment.timers.clear(this._deadline);
    this._state = "open";
    this._tell(() => this._options.onOpen());
    this._announce();
  }

  /** The SDK's generator is seeded once, with little: it starts anew from the host's random numbers for each secret. */
  private _reseed(): void {
    const seed = new Uint8Array(seedBytes);
    this._environment.random.fill(seed);
    RNG.init(seed.buffer);
  }

  private _received(): void {
    if (this._state === "handshake") this._handshake();
    else if (this._state === "open" && !this._data) this._announce();
  }

  private _peerClosed(fault: Error | undefined): void {
    const { host, port } = this._options;
    this._peerEnded = true;
    this._received();
    if (this._state === "closed") return;
    const cut = !fault || (fault instanceof Fault && fault.stage === "transport");
    if (this._state === "handshake" && cut) this._end(handshakeClosed(host, port, fault));
    else if (fault) this._end(asFault(fault, "transport", "connection-failed"));
  }

  /** Tells the reader of a record that it does not know of. */
  private _announce(): void {
    if (this._state !== "open" || !this._hasData() || this._announced) return;
    this._announced = true;
    this._tell(() => this._options.onReadable(this._data!.byteLength));
  }

  /** Is there application data, or can a record be had that has some? */
  private _hasData(): boolean {
    if (this._data) return true;
    if (this._state !== "open") return false;
    const data = this._session!.receive(this._reader, this._plain!, this._transport);
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

  /** During the handshake a flight is collected: a server that refuses half of it would cut off its own alert. */
  private _send(record: Uint8Array): number {
    const first = this._outgoing.empty;
    this._outgoing.push(record);
    if (first && this._state === "open") this._flush();
    return 0;
  }

  private _flush(): void {
    this._outgoing.flush(this._plain!);
  }

  /** The TCP stream takes bytes again. */
  private _drained(): void {
    this._flush();
    if (!this._outgoing.empty || !this._wantsWritable || this._state !== "open") return;
    this._wantsWritable = false;
    this._tell(() => this._options.onWritable(maxTlsSendBytes));
  }

  private _sendAlert(level: number, description: number): void {
    this._send(alert.packetize(this._session!, level, description));
  }

  /** Calls back to the stream's user. What it throws is not TLS's doing. */
  private _tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      throw asFault(error, "application", "callback-failed");
    }
  }

  /** Everything that comes in goes through here: what goes wrong ends the stream and nothing else. */
  private _guarded(body: () => void): void {
    if (this._state === "closed") return;
    try {
      body();
    } catch (error) {
      this._refuse(explain(error, this._session, this._options.host, this._options.port));
    }
  }

  private _refuse(fault: Fault): void {
    // Not proven: dates are looked at before signatures, so anybody on the path can bring this about.
    if (ofTheDate.includes(fault.code)) this._environment.clock.onContradicted?.();
    const description = this._session?.alert ? undefined : alertFor(fault);
    if (description !== undefined && this._state !== "connecting" && this._state !== "closed")
      try {
        this._sendAlert(fatal, description);
        this._flush();
      } catch {
        // The alert is a courtesy; the fault says what is wrong.
      }
    this._end(fault);
  }

  /** Ends the stream. Its user is told a turn later, so never in the middle of a call of theirs. */
  private _end(fault?: Fault): void {
    if (this._state === "closed") return;
    if (fault) this._environment.cache.forget(this._sessionKey);
    this._release();
    this._later(() => this._options.onClose(fault));
  }

  private _later(body: () => void): void {
    const { timers } = this._environment;
    timers.clear(this._soon);
    this._soon = timers.set(body, 0);
  }

  private _release(): void {
    const { timers } = this._environment;
    timers.clear(this._deadline);
    timers.clear(this._soon);
    this._state = "closed";
    this._plain?.close();
    this._plain = undefined;
    this._session = undefined;
    this._data = undefined;
  }
}
