/*
 * NervesHubLink: the agent. It owns what outlives a connection (the update, the trial, the backoff) and makes one Session
 * after the other.
 *
 * The rule it guards: it never gives up and always says why. Every attempt and every end is one line in the log.
 */

import { asFault, Fault } from "../modules/fault/fault.js";
import type { SecureOptions } from "../modules/host/byte-stream.js";
import type { Host } from "../modules/host/host.js";
import type { Timer } from "../modules/host/timers.js";
import { sharedSecretHeaders } from "../modules/nh1/shared-secret.js";
import { buildTime } from "../modules/ota/build-time.js";
import type { Refusal } from "../modules/websocket/websocket.js";
import { backoffDelay } from "./backoff.js";
import type { ChannelHandler, ChannelPort } from "./channel-handler.js";
import { DeviceChannel, type DeviceEventHandler } from "./device-channel.js";
import { closeFault, refusalFault } from "./diagnosis.js";
import { type Firmware, readFirmware } from "./firmware.js";
import { randomFraction } from "./fraction.js";
import { type Level, Log } from "./log.js";
import { checkOptions, type LinkOptions, type Settings } from "./options.js";
import { certificateSocketPath, deviceNames, fromServer, sharedSecretSocketPath, toServer, vsn } from "./protocol.js";
import { Redactor } from "./redact.js";
import { redirectTarget } from "./redirect.js";
import { orderlyRestart } from "./restart.js";
import { type Ended, Session, type Target } from "./session.js";
import { Trust } from "./trust.js";
import { UpdateRecords } from "./update/records.js";
import { SlotTarget } from "./update/slot-target.js";
import { Trial } from "./update/trial.js";
import { Updater } from "./update/updater.js";
import { WriterTarget } from "./update/writer-target.js";
import { WallClock } from "./wall-clock.js";

/** A session that was replaced (1001) within this time counts as a fight with another device of the same identifier. */
const lastingSessionMs = 300000;

export class NervesHubLink {
  readonly #host: Host;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #firmware: Firmware;
  readonly #wallClock: WallClock;
  readonly #trial: Trial;
  readonly #updater: Updater;
  readonly #events = new Map<string, DeviceEventHandler>();
  #session: Session | undefined;
  #port: ChannelPort | undefined;
  #timer: Timer | undefined;
  /** Where a redirect has led; undefined: where the options say. */
  #moved: { host: string; port: number; path: string } | undefined;
  #redirects = 0;
  #heartbeatIntervalMs: number;
  /** Attempts since the last accepted join. */
  #attempt = 0;
  /** Sessions in a row that another connection of this identifier ended early. */
  #replaced = 0;
  #joinedMs: number | undefined;
  #state: "new" | "running" | "restarting" | "closed" = "new";

  /**
   * @throws Fault of stage "options" that names the option, or says why the running firmware cannot be told to a server
   */
  constructor(options: LinkOptions, host: Host) {
    const settings = checkOptions(options, host.device);
    this.#host = host;
    this.#settings = settings;
    this.#log = new Log((line) => host.print(line), new Redactor(settings.secrets), settings.logLevel, settings.name);
    this.#firmware = readFirmware(host.slots.running, settings.firmware);
    this.#heartbeatIntervalMs = settings.heartbeat.intervalMs;
    const log = this.#log;
    const { client } = settings;
    const { metadata, head } = this.#firmware;
    this.#wallClock = new WallClock(host.clock, host.store, log, buildTime(head?.description));
    const records = new UpdateRecords(host.store);
    this.#trial = new Trial(host, log, records, settings.trial, metadata.uuid, {
      validate: () => this.#validate(),
      confirmed: () => this.#confirmed(),
      failed: () => this.#restart(),
    });
    const trust = new Trust({ chipId: host.device.chipId, running: head === undefined ? undefined : metadata });
    const { writer } = settings;
    this.#updater = new Updater({
      host,
      log,
      client,
      records,
      trial: this.#trial,
      target: writer ? new WriterTarget(writer, host.crypto) : new SlotTarget(host, log, trust, records),
      secure: settings.roots === undefined ? {} : { roots: settings.roots },
      statusWords: settings.statusWords,
      uuid: metadata.uuid,
      restart: () => this.#restart(),
    });
    this.#events.set(fromServer.update, (payload) => this.#updater.offered(payload));
    this.#events.set(fromServer.reboot, () => this.#restart());
    this.#events.set(fromServer.identify, () => this.#call("identify", () => client.identify?.()));
  }

  /** Starts connecting. Once. */
  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    const { metadata } = this.#firmware;
    this.#log.info(`Running ${metadata.product} ${metadata.version} (${metadata.platform}, ${metadata.uuid}).`);
    this.#trial.start();
    if (!this.#isRunning()) return;
    this.#updater.start();
    this.#connect();
  }

  /** Drops the connection, if any, and makes a new one at once. */
  reconnect(): void {
    if (this.#state !== "running") return;
    this.#attempt = 0;
    this.#replaced = 0;
    const session = this.#session;
    this.#session = undefined;
    session?.abort();
    this.#connect();
  }

  /** Confirms an image on trial on the application's word alone. */
  confirmUpdate(): void {
    this.#trial.confirm();
  }

  /** Writes a line to the log. */
  log(level: Level, message: string): void {
    this.#log.write(level, message);
  }

  /** True while the server has accepted this device. */
  get connected(): boolean {
    return this.#port !== undefined;
  }

  /** Round trip of the last heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#session?.roundTripMs;
  }

  /** Ends everything; a running download stops where it is and can go on in a later run. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#trial.stop();
    this.#updater.close();
    this.#host.timers.clear(this.#timer);
    this.#session?.close(1000, "");
  }

  #isRunning(): boolean {
    return this.#state === "running";
  }

  #connect(): void {
    this.#host.timers.clear(this.#timer);
    if (!this.#isRunning()) return;
    const { credentials, heartbeat } = this.#settings;
    let target: Target;
    try {
      target = this.#target();
    } catch (error) {
      this.#wait(asFault(error, "application", "connect-failed"), false);
      return;
    }
    const scheme = target.secure ? "wss" : "ws";
    const who =
      credentials.type === "certificate"
        ? "with a client certificate"
        : `with shared secret ${credentials.key.slice(0, 8)}… as "${credentials.identifier}", time from ${this.#wallClock.source}`;
    this.#log.info(`Connecting to ${scheme}://${target.host}:${target.port}${target.path.split("?")[0]} ${who}.`);
    this.#session = new Session({
      host: this.#host,
      log: this.#log,
      target,
      names: deviceNames,
      heartbeat,
      heartbeatIntervalMs: this.#heartbeatIntervalMs,
      handlers: this.#handlers(),
      onJoined: () => this.#joined(),
      onEnded: (ended) => this.#ended(ended),
    });
  }

  #target(): Target {
    const { credentials, roots, ssl } = this.#settings;
    const path = credentials.type === "certificate" ? certificateSocketPath : sharedSecretSocketPath;
    const place = this.#moved ?? { ...this.#settings, path: `${path}?vsn=${vsn}` };
    const target: Target = { host: place.host, port: place.port, path: place.path, headers: [] };
    if (ssl) {
      const secure: SecureOptions = roots === undefined ? {} : { roots };
      if (credentials.type === "certificate") {
        secure.certificate = credentials.certificate;
        secure.key = credentials.key;
      }
      target.secure = secure;
    }
    if (credentials.type === "shared-secret") {
      // At the moment of connecting: a signature made before a wait may be too old after it.
      const time = this.#wallClock.signingTime();
      target.headers = sharedSecretHeaders(this.#host.crypto, { ...credentials, time });
    }
    return target;
  }

  /** New ones for every session: nothing of an old connection lives in them. */
  #handlers(): ChannelHandler[] {
    const device = new DeviceChannel({
      log: this.#log,
      firmware: this.#firmware,
      updater: this.#updater,
      trial: this.#trial,
      networkInterface: this.#host.device.networkInterface,
      events: this.#events,
      joined: (port) => {
        this.#port = port;
      },
      left: () => {
        this.#port = undefined;
      },
    });
    return [device];
  }

  #joined(): void {
    this.#attempt = 0;
    this.#redirects = 0;
    this.#joinedMs = this.#host.clock.monotonic();
    this.#call("the store", () => this.#wallClock.remember());
    this.#call("the trial", () => this.#trial.joined());
    this.#call("connected", () => this.#settings.client.connected?.());
  }

  #ended(ended: Ended): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#heartbeatIntervalMs = session.heartbeatIntervalMs;
    if (!this.#isRunning()) return;
    if (ended.type === "refused") {
      this.#refused(ended.refusal);
      return;
    }
    const { code, fault } = ended;
    // A connection that died of silence may have been too quiet for something in between.
    if (fault?.code === "heartbeat-unanswered") this.#heartbeatIntervalMs = this.#settings.heartbeat.intervalMs;
    this.#countReplacement(code);
    this.#wait(fault ?? closeFault(code), fault === undefined);
  }

  #countReplacement(code: number): void {
    const now = this.#host.clock.monotonic();
    const lasted = this.#joinedMs !== undefined && now - this.#joinedMs >= lastingSessionMs;
    this.#replaced = code === 1001 && !lasted ? this.#replaced + 1 : 0;
    this.#attempt = Math.max(this.#attempt, this.#replaced);
  }

  #refused(refusal: Refusal): void {
    const { credentials } = this.#settings;
    const clockDifferenceMs = this.#wallClock.learn(refusal.headers.get("date"));
    if (refusal.status >= 300 && refusal.status < 400) {
      const target = redirectTarget(this.#target(), refusal, credentials, this.#redirects);
      if (!(target instanceof Fault)) {
        this.#redirects++;
        this.#moved = target;
        this.#log.info(`The server redirects to ${target.host}:${target.port}.`);
        this.#connect();
        return;
      }
      this.#moved = undefined;
      this.#redirects = 0;
      this.#wait(target, false);
      return;
    }
    this.#wait(refusalFault(refusal, { credentials, clockDifferenceMs }), false, refusal.headers.get("retry-after"));
  }

  /** Says why, and tries again after the backoff. */
  #wait(fault: Fault, clean: boolean, retryAfter?: string): void {
    const { backoff, client } = this.#settings;
    const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) : undefined;
    const wait = { attempt: this.#attempt, clean, retryAfterMs: seconds === undefined ? undefined : seconds * 1000 };
    const delayMs = backoffDelay(backoff, wait, randomFraction(this.#host.random));
    this.#attempt++;
    const wasConnected = this.#joinedMs !== undefined;
    this.#joinedMs = undefined;
    this.#log.warning(`${fault.message} [${fault.code}] Trying again in ${(delayMs / 1000).toFixed(1)} s.`);
    this.#timer = this.#host.timers.set(() => this.#connect(), delayMs);
    this.#call("the trial", () => this.#trial.note(fault.message));
    if (wasConnected) this.#call("disconnected", () => client.disconnected?.(fault.message));
    this.#call("error", () => client.error?.(fault));
  }

  #validate(): boolean {
    const { client } = this.#settings;
    let valid = true;
    this.#call("validate", () => {
      valid = false;
      valid = client.validate?.() ?? true;
    });
    return valid;
  }

  #confirmed(): void {
    this.#call("confirm", () => this.#settings.writer?.confirm?.());
    this.#port?.push(toServer.firmwareValidated, {});
  }

  #restart(): void {
    if (this.#state === "restarting" || this.#state === "closed") return;
    this.#state = "restarting";
    this.#host.timers.clear(this.#timer);
    this.#log.notice("Restarting.");
    const { client, rebootDeadlineMs } = this.#settings;
    orderlyRestart({
      host: this.#host,
      log: this.#log,
      client,
      deadlineMs: rebootDeadlineMs,
      farewell: () => {
        this.#port?.push(toServer.rebooting, {});
        this.#session?.close(1000, "");
      },
    });
  }

  /** Runs code of the application, or of the host, that must not take the link down. */
  #call(what: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#log.error(`${what} threw: ${asFault(error, "application", "callback-threw").message}`);
    }
  }
}
