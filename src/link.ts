/*
 * NervesHubLink: the agent. It owns what outlives a connection (the update, the trial, the backoff) and makes one Session
 * after the other.
 *
 * The rule it guards: it never gives up and always says why. Every attempt and every end is one line in the log.
 */

import { asFault, type Fault } from "../modules/fault/fault.js";
import { settle } from "../modules/fault/settle.js";
import type { Host } from "../modules/host/host.js";
import type { Timer } from "../modules/host/timers.js";
import { buildTime } from "../modules/ota/build-time.js";
import type { Refusal } from "../modules/websocket/websocket.js";
import { Attempts } from "./attempts.js";
import { backoffDelay } from "./backoff.js";
import type { ChannelHandler, ChannelPort } from "./channel-handler.js";
import { inspect } from "./console/inspect.js";
import { Destination } from "./destination.js";
import { DeviceChannel } from "./device-channel.js";
import { closeFault } from "./diagnosis.js";
import type { Alarms } from "./extensions/alarms.js";
import type { ErrorContext } from "./extensions/error-reports.js";
import type { Metrics } from "./extensions/metrics.js";
import { type Firmware, readFirmware } from "./firmware.js";
import { randomFraction } from "./fraction.js";
import { ask, type Said, tell, work, yesOrNo } from "./guarded.js";
import { type Level, Log, levels } from "./log.js";
import { checkOptions, type LinkOptions, type Settings } from "./options.js";
import { deviceNames, fromServer, toServer } from "./protocol.js";
import { Redactor } from "./redact.js";
import { orderlyRestart } from "./restart.js";
import { Services } from "./services.js";
import { type Ended, Session, type Target } from "./session.js";
import { Trust } from "./trust.js";
import { Protection } from "./update/protection.js";
import { UpdateRecords } from "./update/records.js";
import { SlotTarget } from "./update/slot-target.js";
import { abandonTrial, Trial } from "./update/trial.js";
import { Updater } from "./update/updater.js";
import { WriterTarget, writerDeadlineMs } from "./update/writer-target.js";
import { WallClock } from "./wall-clock.js";

/** RFC 6455 §7.1.5: what an end without a close frame is called. */
const noCloseFrame = 1006;

/** SNTP answers within a second or two where it answers at all. */
const clockWaitMs = 5000;
const clockPollMs = 500;

/** A part of the link, or an error; an image on trial that cannot even get here is given up at once. */
function made<Part>(host: Host, make: () => Part): Part {
  try {
    return make();
  } catch (error) {
    abandonTrial(host, asFault(error, "options", "construction-failed").message);
    throw error;
  }
}

export class NervesHubLink {
  readonly #host: Host;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #firmware: Firmware;
  readonly #wallClock: WallClock;
  readonly #destination: Destination;
  readonly #trial: Trial;
  readonly #updater: Updater;
  readonly #services: Services;
  #session: Session | undefined;
  #port: ChannelPort | undefined;
  #timer: Timer | undefined;
  #heartbeatIntervalMs: number;
  readonly #attempts = new Attempts();
  readonly #validateSaid: Said = {};
  /** How long the clock was waited for, in milliseconds. */
  #clockWaitedMs = 0;
  #state: "new" | "running" | "restarting" | "closed" = "new";

  /**
   * @throws Fault of stage "options" that names the option, or says why the running firmware cannot be told to a server
   */
  constructor(options: LinkOptions, host: Host) {
    const settings = made(host, () => checkOptions(options, host.device));
    this.#host = host;
    this.#settings = settings;
    this.#firmware = made(host, () => readFirmware(host.slots.running, settings.firmware));
    const redactor = new Redactor(settings.secrets);
    // A console that fails has nowhere to be told of; whoever else listens gets the line.
    const print = (line: string): void =>
      settle(
        () => host.print(line),
        () => {},
        () => {},
      );
    this.#log = new Log(print, redactor, settings.logLevel, settings.name);
    this.#heartbeatIntervalMs = settings.heartbeat.intervalMs;
    const log = this.#log;
    const { client } = settings;
    const { metadata, head } = this.#firmware;
    this.#wallClock = new WallClock(host.clock, host.store, log, buildTime(head?.description));
    const { clock, crypto } = host;
    this.#destination = new Destination({ settings, clock, crypto, wallClock: this.#wallClock, log });
    const records = new UpdateRecords(host.store);
    this.#trial = new Trial(host, log, records, settings.trial, metadata.uuid, {
      validate: (answer) => this.#validate(answer),
      confirmed: () => this.#confirmed(),
      failed: () => this.#restart(),
    });
    const trust = new Trust({ chipId: host.device.chipId, running: head === undefined ? undefined : metadata });
    const { writer } = settings;
    const protection = writer ? undefined : new Protection(host, log, settings.unprotectedUpdates);
    const secure = settings.roots === undefined ? {} : { roots: settings.roots };
    const tls = (): boolean => this.#destination.tls;
    this.#updater = new Updater({
      host,
      log,
      client,
      records,
      trial: this.#trial,
      protection,
      target: writer ? new WriterTarget(host, log, "writer", writer) : new SlotTarget(host, log, trust, records),
      secure,
      tls,
      statusWords: settings.statusWords,
      uuid: metadata.uuid,
      restart: () => this.#restart(),
    });
    this.#services = made(
      host,
      () =>
        new Services({
          ...{ host, log, redactor, client, secure, tls },
          options: settings.services,
          name: settings.name,
          firmware: this.#firmware,
          updater: this.#updater,
          lacking: () => protection?.lacking,
          roundTripMs: () => this.roundTripMs,
          restart: () => this.#restart(),
        }),
    );
    log.info(`Running ${metadata.product} ${metadata.version} (${metadata.platform}, ${metadata.uuid}).`);
    this.#call("the protection", () => protection?.start());
    // Here and not in `start`: an application may await its network first, and an image that gets none must go back too.
    this.#call("the trial", () => this.#trial.start());
  }

  /** Starts connecting. Once. */
  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    this.#call("a service", () => this.#services.start());
    this.#call("the updater", () => this.#updater.start());
    this.#connect();
  }

  /** Drops the connection, if any, and makes a new one at once. */
  reconnect(): void {
    if (this.#state !== "running") return;
    const wasConnected = this.#attempts.accepted;
    this.#attempts.reset();
    const session = this.#session;
    this.#session = undefined;
    session?.abort();
    this.#connectSoon();
    // Last: it may call this again, or close.
    if (wasConnected) this.#disconnected("A reconnect was asked for.");
  }

  /** Confirms an image on trial on the application's word alone. */
  confirmUpdate(): void {
    this.#trial.confirm();
  }

  /** Writes a line to the log. */
  log(level: Level, message: string): void {
    // An application without types may pass anything.
    this.#log.write(levels.includes(level) ? level : "info", inspect(message));
  }

  /** Conditions that hold until they are cleared, shown on the device's page. */
  get alarms(): Alarms {
    return this.#services.alarms;
  }

  /** Readings over time, kept while there is no connection. */
  get metrics(): Metrics {
    return this.#services.metrics;
  }

  /** What else the server uses of this device: health, geo, components, update mode, keys, archives. */
  get services(): Services {
    return this.#services;
  }

  /** Tells the server of an error that the application has dealt with. Never throws. */
  reportError(error: unknown, context?: ErrorContext): void {
    this.#services.errorReports.report(error, context);
  }

  /**
   * Keeps the error that is about to end this run; the server hears of it after the next join. For XS's abort hook and
   * its like. Never throws.
   * @returns false when it could not be kept
   */
  recordCrash(error: unknown): boolean {
    return this.#services.errorReports.recordCrash(error);
  }

  /** Asks the server whether there is an update; the client's `updateChecked` is told. @returns false: it was not asked */
  checkUpdate(): boolean {
    return this.#services.updates.check();
  }

  /**
   * Asks the server for the update now, where the device decides when. A refusal comes to `updateRejected`.
   * @returns false when it was not asked: no connection, an older server, or asked again too soon
   */
  requestUpdate(): boolean {
    return this.#services.updates.request();
  }

  /** Who decides when to update; `updateModeChanged` is told what came of it. @returns false: it was not asked */
  setUpdateMode(mode: "automatic" | "device_managed"): boolean {
    return this.#services.updates.setMode(mode);
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
    this.#services.close();
    this.#host.timers.clear(this.#timer);
    this.#session?.close(1000, "");
  }

  #isRunning(): boolean {
    return this.#state === "running";
  }

  #connect(): void {
    this.#host.timers.clear(this.#timer);
    if (!this.#isRunning() || this.#waitForClock()) return;
    const { heartbeat } = this.#settings;
    let target: Target;
    try {
      target = this.#destination.target();
    } catch (error) {
      this.#wait(asFault(error, "application", "connect-failed"), noCloseFrame);
      return;
    }
    this.#session = new Session({
      host: this.#host,
      log: this.#log,
      target,
      names: [...deviceNames, ...this.#services.names],
      heartbeat,
      heartbeatIntervalMs: this.#heartbeatIntervalMs,
      handlers: this.#handlers(),
      onOpened: (headers) => this.#call("the clock", () => this.#destination.opened(headers)),
      onJoined: () => this.#joined(),
      onEnded: (ended) => this.#ended(ended),
    });
  }

  /**
   * In a turn of its own: what brought it about is deep in the stack of the connection before, or is the application's
   * `error`, which an attempt that fails at once would call again from inside itself.
   */
  #connectSoon(): void {
    this.#host.timers.clear(this.#timer);
    this.#timer = this.#host.timers.set(() => this.#connect(), 0);
  }

  /** At a cold start SNTP is under way: the clock is awaited for a moment, and then started from what is known. */
  #waitForClock(): boolean {
    if (this.#wallClock.known || this.#clockWaitedMs >= clockWaitMs) return false;
    if (this.#clockWaitedMs === 0) this.#log.info(`The time is not known yet: waiting ${clockWaitMs / 1000} s for it.`);
    this.#clockWaitedMs += clockPollMs;
    if (this.#clockWaitedMs >= clockWaitMs) this.#call("the clock", () => this.#wallClock.seed());
    this.#timer = this.#host.timers.set(() => this.#connect(), clockPollMs);
    return true;
  }

  /** New ones for every session: nothing of an old connection lives in them. */
  #handlers(): ChannelHandler[] {
    const device = new DeviceChannel({
      log: this.#log,
      firmware: this.#firmware,
      updater: this.#updater,
      trial: this.#trial,
      networkInterface: this.#host.device.networkInterface,
      event: (event, payload, port) => this.#event(event, payload, port),
      joined: (port) => {
        this.#port = port;
        this.#services.deviceJoined(port);
      },
      left: () => {
        this.#port = undefined;
        this.#services.deviceLeft();
      },
    });
    const services = this.#services.handlers({
      join: (topic) => this.#session?.join(topic),
      bufferedBytes: () => this.#session?.bufferedBytes ?? 0,
    });
    return [device, ...services];
  }

  /** A switch, and no table of functions: each of those would take 416 bytes of slots for ever (64-bit). */
  #event(event: string, payload: unknown, port: ChannelPort): boolean {
    switch (event) {
      case fromServer.update:
        this.#services.archives.giveWay();
        this.#updater.offered(payload);
        return true;
      case fromServer.reboot:
        this.#restart();
        return true;
      case fromServer.identify:
        this.#call("identify", () => this.#settings.client.identify?.());
        return true;
      default:
        return this.#services.event(event, payload, port);
    }
  }

  #joined(): void {
    const first = this.#attempts.accept(this.#host.clock.monotonic());
    this.#destination.accepted();
    this.#call("the store", () => this.#wallClock.remember());
    this.#call("the trial", () => this.#trial.joined());
    if (first) this.#call("connected", () => this.#settings.client.connected?.());
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
    const { code, upgraded } = ended;
    const fault = ended.fault && !upgraded ? this.#destination.explain(ended.fault) : ended.fault;
    // A connection that died of silence may have been too quiet for something in between.
    if (fault?.code === "heartbeat-unanswered") this.#heartbeatIntervalMs = this.#settings.heartbeat.intervalMs;
    this.#wait(fault ?? closeFault(code), code);
  }

  #refused(refusal: Refusal): void {
    const verdict = this.#destination.refused(refusal);
    if (verdict === "redirected") this.#connectSoon();
    else this.#wait(verdict.fault, noCloseFrame, verdict.retryAfterMs);
  }

  /** Says why, and tries again after the backoff. */
  #wait(fault: Fault, code: number, retryAfterMs?: number): void {
    const wasConnected = this.#attempts.accepted;
    if (!wasConnected) this.#destination.failed();
    const attempt = this.#attempts.end(code, this.#host.clock.monotonic());
    const wait = { attempt, clean: code !== noCloseFrame, retryAfterMs };
    const delayMs = backoffDelay(this.#settings.backoff, wait, randomFraction(this.#host.random));
    this.#log.warning(`${fault.message} [${fault.code}] Trying again in ${(delayMs / 1000).toFixed(1)} s.`);
    this.#timer = this.#host.timers.set(() => this.#connect(), delayMs);
    this.#call("the trial", () => this.#trial.note(fault.message));
    if (wasConnected) this.#disconnected(fault.message);
    this.#call("error", () => this.#settings.client.error?.(fault));
  }

  #disconnected(reason: string): void {
    this.#call("disconnected", () => this.#settings.client.disconnected?.(reason));
  }

  /** Without a deadline: the trial has one. */
  #validate(answer: (passed: boolean) => void): () => void {
    const { client } = this.#settings;
    return ask({
      log: this.#log,
      name: "validate",
      body: () => (client.validate === undefined ? true : client.validate()),
      kind: yesOrNo,
      said: this.#validateSaid,
      done: answer,
      failed: () => answer(false),
    });
  }

  #confirmed(): void {
    ask({
      log: this.#log,
      name: "writer.confirm",
      body: () => this.#settings.writer?.confirm?.(),
      kind: work,
      deadline: { timers: this.#host.timers, ms: writerDeadlineMs },
      done: () => {},
      failed: () => {},
    });
    this.#port?.push(toServer.firmwareValidated, {});
  }

  #restart(): void {
    if (this.#state === "restarting" || this.#state === "closed") return;
    this.#state = "restarting";
    this.#host.timers.clear(this.#timer);
    this.#log.notice("Restarting.");
    if (this.connected) this.#call("the store", () => this.#wallClock.remember());
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
  #call(what: string, body: () => unknown): void {
    tell(this.#log, what, body);
  }
}
