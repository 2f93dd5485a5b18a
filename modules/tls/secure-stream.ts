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
  readonly #options: SecureStreamOptions;
  readonly #environment: SecureEnvironment;
  readonly #reader = new RecordReader();
  readonly #transport: Transport;
  #plain: ByteStream | undefined;
  #session: ClientSession | undefined;
  #sessionKey = "";
  #state: "connecting" | "handshake" | "open" | "closed" = "connecting";
  /** The server has ended the TCP stream; what it sent before may still be there. */
  #peerEnded = false;
  /** Application data of the current record that was not read yet. */
  #data: Uint8Array | undefined;
  /** Was the reader told of `#data`? */
  #announced = false;
  readonly #outgoing = new Outgoing();
  #wantsWritable = false;
  #deadline: Timer | undefined;
  /** A callback that waits for the next turn. */
  #soon: Timer | undefined;

  constructor(options: SecureStreamOptions, environment: SecureEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#transport = { readable: 1, writable: 0, write: (record) => this.#send(record) };
    this.#guarded(() => {
      this.#session = this.#newSession();
      this.#plain = environment.network.open({
        host: options.host,
        port: options.port,
        connectTimeoutMs: options.connectTimeoutMs,
        onOpen: () => this.#guarded(() => this.#connected()),
        onReadable: () => this.#guarded(() => this.#received()),
        onWritable: () => this.#guarded(() => this.#drained()),
        onClose: (fault) => this.#guarded(() => this.#peerClosed(fault)),
      });
    });
  }

  read(into: Uint8Array): number {
    let count = 0;
    this.#guarded(() => {
      while (count < into.byteLength && this.#hasData()) {
        const data = this.#data!;
        const part = Math.min(data.byteLength, into.byteLength - count);
        into.set(part < data.byteLength ? data.subarray(0, part) : data, count);
        count += part;
        this.#data = part < data.byteLength ? data.subarray(part) : undefined;
      }
      // A reader that stops at what it was told of must hear of the records behind.
      if (this.#hasData() && !this.#announced) this.#later(() => this.#guarded(() => this.#announce()));
    });
    return count;
  }

  write(bytes: Uint8Array): number {
    if (this.#state !== "open") return 0;
    let taken = 0;
    this.#guarded(() => {
      while (taken < bytes.byteLength && this.#outgoing.empty) {
        const end = Math.min(bytes.byteLength, taken + maxTlsSendBytes);
        this.#session!.write(this.#transport, bytes.subarray(taken, end));
        taken = end;
      }
    });
    this.#wantsWritable = taken < bytes.byteLength;
    return taken;
  }

  close(): void {
    this.#guarded(() => {
      if (this.#state === "open") this.#sendAlert(warning, closeNotify);
    });
    this.#release();
  }

  #newSession(): ClientSession {
    const { host, port, secure } = this.#options;
    const { clock, cache } = this.#environment;
    const { roots, serverName = host } = secure;
    const credentials = readCredentials(secure);
    const anchors = roots ? new ConfiguredRoots(roots) : new BuiltInRoots();
    this.#sessionKey = sessionKey(`${serverName} ${host}:${port}`, roots, credentials?.chain ?? []);
    return new ClientSession({
      serverName: sniName(serverName),
      credentials,
      trust: new Trust(anchors, serverName, clock),
      cache: cache.forKey(this.#sessionKey),
      maxFragmentLength: this.#environment.maxFragmentLength,
    });
  }

  #connected(): void {
    const { clock, timers } = this.#environment;
    const { host, port, secure } = this.#options;
    if (clock.now() === undefined) throw clockUnknown();
    this.#state = "handshake";
    const limitMs = secure.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
    this.#deadline = timers.set(() => this.#guarded(() => this.#end(handshakeTimeout(host, port, limitMs))), limitMs);
    this.#handshake();
  }

  #handshake(): void {
    const over = this.#session!.proceed(this.#reader, this.#plain!, this.#transport, () => this.#reseed());
    this.#flush();
    if (!over) return;
    this.#environment.timers.clear(this.#deadline);
    this.#state = "open";
    this.#tell(() => this.#options.onOpen());
    this.#announce();
  }

  /** The SDK's generator is seeded once, with little: it starts anew from the host's random numbers for each secret. */
  #reseed(): void {
    const seed = new Uint8Array(seedBytes);
    this.#environment.random.fill(seed);
    RNG.init(seed.buffer);
  }

  #received(): void {
    if (this.#state === "handshake") this.#handshake();
    else if (this.#state === "open" && !this.#data) this.#announce();
  }

  #peerClosed(fault: Error | undefined): void {
    const { host, port } = this.#options;
    this.#peerEnded = true;
    this.#received();
    if (this.#state === "closed") return;
    const cut = !fault || (fault instanceof Fault && fault.stage === "transport");
    if (this.#state === "handshake" && cut) this.#end(handshakeClosed(host, port, fault));
    else if (fault) this.#end(asFault(fault, "transport", "connection-failed"));
  }

  /** Tells the reader of a record that it does not know of. */
  #announce(): void {
    if (this.#state !== "open" || !this.#hasData() || this.#announced) return;
    this.#announced = true;
    this.#tell(() => this.#options.onReadable(this.#data!.byteLength));
  }

  /** Is there application data, or can a record be had that has some? */
  #hasData(): boolean {
    if (this.#data) return true;
    if (this.#state !== "open") return false;
    const data = this.#session!.receive(this.#reader, this.#plain!, this.#transport);
    if (data) {
      this.#data = data;
      this.#announced = false;
      return true;
    }
    if (data === null) {
      this.#sendAlert(warning, closeNotify);
      this.#end();
    } else if (this.#peerEnded) this.#end(truncated());
    return false;
  }

  /** During the handshake a flight is collected: a server that refuses half of it would cut off its own alert. */
  #send(record: Uint8Array): number {
    const first = this.#outgoing.empty;
    this.#outgoing.push(record);
    if (first && this.#state === "open") this.#flush();
    return 0;
  }

  #flush(): void {
    this.#outgoing.flush(this.#plain!);
  }

  /** The TCP stream takes bytes again. */
  #drained(): void {
    this.#flush();
    if (!this.#outgoing.empty || !this.#wantsWritable || this.#state !== "open") return;
    this.#wantsWritable = false;
    this.#tell(() => this.#options.onWritable(maxTlsSendBytes));
  }

  #sendAlert(level: number, description: number): void {
    this.#send(alert.packetize(this.#session!, level, description));
  }

  /** Calls back to the stream's user. What it throws is not TLS's doing. */
  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      throw asFault(error, "application", "callback-failed");
    }
  }

  /** Everything that comes in goes through here: what goes wrong ends the stream and nothing else. */
  #guarded(body: () => void): void {
    if (this.#state === "closed") return;
    try {
      body();
    } catch (error) {
      this.#refuse(explain(error, this.#session, this.#options.host, this.#options.port));
    }
  }

  #refuse(fault: Fault): void {
    // Not proven: dates are looked at before signatures, so anybody on the path can bring this about.
    if (ofTheDate.includes(fault.code)) this.#environment.clock.onContradicted?.();
    const description = this.#session?.alert ? undefined : alertFor(fault);
    if (description !== undefined && this.#state !== "connecting" && this.#state !== "closed")
      try {
        this.#sendAlert(fatal, description);
        this.#flush();
      } catch {
        // The alert is a courtesy; the fault says what is wrong.
      }
    this.#end(fault);
  }

  /** Ends the stream. Its user is told a turn later, so never in the middle of a call of theirs. */
  #end(fault?: Fault): void {
    if (this.#state === "closed") return;
    if (fault) this.#environment.cache.forget(this.#sessionKey);
    this.#release();
    this.#later(() => this.#options.onClose(fault));
  }

  #later(body: () => void): void {
    const { timers } = this.#environment;
    timers.clear(this.#soon);
    this.#soon = timers.set(body, 0);
  }

  #release(): void {
    const { timers } = this.#environment;
    timers.clear(this.#deadline);
    timers.clear(this.#soon);
    this.#state = "closed";
    this.#plain?.close();
    this.#plain = undefined;
    this.#session = undefined;
    this.#data = undefined;
  }
}
