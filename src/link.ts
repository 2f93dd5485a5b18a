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
import { Attempts } from "./connection/attempts.js";
import { backoffDelay } from "./connection/backoff.js";
import type { ChannelHandler, ChannelPort } from "./connection/channel-handler.js";
import { Destination } from "./connection/destination.js";
import { closeFault } from "./connection/diagnosis.js";
import { randomFraction } from "./connection/fraction.js";
import { type Ended, Session, type Target } from "./connection/session.js";
import { WallClock } from "./connection/wall-clock.js";
import { DeviceChannel } from "./device/device-channel.js";
import { type Firmware, readFirmware } from "./device/firmware.js";
import { orderlyRestart } from "./device/restart.js";
import type { Alarms } from "./features/alarms/alarms.js";
import type { ErrorContext } from "./features/error-reports/error-reports.js";
import { WriterTarget, writerDeadlineMs } from "./features/firmware-writer/writer-target.js";
import type { Metrics } from "./features/metrics/metrics.js";
import { ask, type Said, tell, work, yesOrNo } from "./log/guarded.js";
import { inspect } from "./log/inspect.js";
import { type Level, Log, levels } from "./log/log.js";
import { Redactor } from "./log/redact.js";
import { checkOptions, type LinkOptions, type Settings } from "./options.js";
import { deviceNames, fromServer, toServer } from "./protocol.js";
import { Services } from "./services.js";
import { Protection } from "./update/protection.js";
import { UpdateRecords } from "./update/records.js";
import { SlotTarget } from "./update/slot-target.js";
import { abandonTrial, Trial } from "./update/trial.js";
import { Trust } from "./update/trust.js";
import { Updater } from "./update/updater.js";

/** RFC 6455 §7.1.5: what an end without a close frame is called. */
const noCloseFrame = 1006;

/** SNTP answers within a second or two where it answers at all. */
const clockWaitMs = 5000;
const clockPollMs = 500;

/** A part of the link, or an error; an image on trial that cannot even get here is given up at once. */
const made = <Part>(host: Host, make: () => Part): Part => {
  try {
    return make();
  } catch (error) {
    abandonTrial(host, asFault(error, "options", "construction-failed").message);
    throw error;
  }
};

export class NervesHubLink {
  private readonly _host: Host;
  private readonly _settings: Settings;
  private readonly _log: Log;
  private readonly _firmware: Firmware;
  private readonly _wallClock: WallClock;
  private readonly _destination: Destination;
  private readonly _trial: Trial;
  private readonly _updater: Updater;
  private readonly _services: Services;
  private _session: Session | undefined;
  private _port: ChannelPort | undefined;
  private _timer: Timer | undefined;
  private _heartbeatIntervalMs: number;
  private readonly _attempts = new Attempts();
  private readonly _validateSaid: Said = {};
  /** How long the clock was waited for, in milliseconds. */
  private _clockWaitedMs = 0;
  private _state: "new" | "running" | "restarting" | "closed" = "new";

  /**
   * @throws Fault of stage "options" that names the option, or says why the running firmware cannot be told to a server
   */
  constructor(options: LinkOptions, host: Host) {
    const settings = made(host, () => checkOptions(options, host.device));
    this._host = host;
    this._settings = settings;
    this._firmware = made(host, () => readFirmware(host.slots.running, settings.firmware));
    const redactor = new Redactor(settings.secrets);
    // A console that fails has nowhere to be told of; whoever else listens gets the line.
    const print = (line: string): void =>
      settle(
        () => host.print(line),
        () => {},
        () => {},
      );
    this._log = new Log(print, redactor, settings.logLevel, settings.name);
    this._heartbeatIntervalMs = settings.heartbeat.intervalMs;
    const log = this._log;
    const { client } = settings;
    const { metadata, head } = this._firmware;
    this._wallClock = new WallClock(host.clock, host.store, log, buildTime(head?.description));
    const { clock, crypto } = host;
    this._destination = new Destination({ settings, clock, crypto, wallClock: this._wallClock, log });
    const records = new UpdateRecords(host.store);
    this._trial = new Trial(host, log, records, settings.trial, metadata.uuid, {
      validate: (answer) => this._validate(answer),
      confirmed: () => this._confirmed(),
      failed: () => this._restart(),
    });
    const trust = new Trust({ chipId: host.device.chipId, running: head === undefined ? undefined : metadata });
    const { writer } = settings;
    const protection = writer ? undefined : new Protection(host, log, settings.unprotectedUpdates);
    const secure = settings.roots === undefined ? {} : { roots: settings.roots };
    const tls = (): boolean => this._destination.tls;
    this._updater = new Updater({
      host,
      log,
      client,
      records,
      trial: this._trial,
      protection,
      target: writer ? new WriterTarget(host, log, "writer", writer) : new SlotTarget(host, log, trust, records),
      secure,
      tls,
      statusWords: settings.statusWords,
      uuid: metadata.uuid,
      restart: () => this._restart(),
    });
    this._services = made(
      host,
      () =>
        new Services({
          ...{ host, log, redactor, client, secure, tls },
          options: settings.services,
          name: settings.name,
          firmware: this._firmware,
          updater: this._updater,
          lacking: () => protection?.lacking,
          roundTripMs: () => this.roundTripMs,
          restart: () => this._restart(),
        }),
    );
    log.info(`Running ${metadata.product} ${metadata.version} (${metadata.platform}, ${metadata.uuid}).`);
    this._call("the protection", () => protection?.start());
    // Here and not in `start`: an application may await its network first, and an image that gets none must go back too.
    this._call("the trial", () => this._trial.start());
  }

  /** Starts connecting. Once. */
  start(): void {
    if (this._state !== "new") return;
    this._state = "running";
    this._call("a service", () => this._services.start());
    this._call("the updater", () => this._updater.start());
    this._connect();
  }

  /** Drops the connection, if any, and makes a new one at once. */
  reconnect(): void {
    if (this._state !== "running") return;
    const wasConnected = this._attempts.accepted;
    this._attempts.reset();
    const session = this._session;
    this._session = undefined;
    session?.abort();
    this._connectSoon();
    // Last: it may call this again, or close.
    if (wasConnected) this._disconnected("A reconnect was asked for.");
  }

  /** Confirms an image on trial on the application's word alone. */
  confirmUpdate(): void {
    this._trial.confirm();
  }

  /** Writes a line to the log. */
  log(level: Level, message: string): void {
    // An application without types may pass anything.
    this._log.write(levels.includes(level) ? level : "info", inspect(message));
  }

  /** Conditions that hold until they are cleared, shown on the device's page. */
  get alarms(): Alarms {
    return this._services.alarms;
  }

  /** Readings over time, kept while there is no connection. */
  get metrics(): Metrics {
    return this._services.metrics;
  }

  /** What else the server uses of this device: health, geo, components, update mode, keys, archives. */
  get services(): Services {
    return this._services;
  }

  /** Tells the server of an error that the application has dealt with. Never throws. */
  reportError(error: unknown, context?: ErrorContext): void {
    this._services.errorReports.report(error, context);
  }

  /**
   * Keeps the error that is about to end this run; the server hears of it after the next join. For XS's abort hook and
   * its like. Never throws.
   * @returns false when it could not be kept
   */
  recordCrash(error: unknown): boolean {
    return this._services.errorReports.recordCrash(error);
  }

  /** Asks the server whether there is an update; the client's `updateChecked` is told. @returns false: it was not asked */
  checkUpdate(): boolean {
    return this._services.updates.check();
  }

  /**
   * Asks the server for the update now, where the device decides when. A refusal comes to `updateRejected`.
   * @returns false when it was not asked: no connection, an older server, or asked again too soon
   */
  requestUpdate(): boolean {
    return this._services.updates.request();
  }

  /** Who decides when to update; `updateModeChanged` is told what came of it. @returns false: it was not asked */
  setUpdateMode(mode: "automatic" | "device_managed"): boolean {
    return this._services.updates.setMode(mode);
  }

  /** True while the server has accepted this device. */
  get connected(): boolean {
    return this._port !== undefined;
  }

  /** Round trip of the last heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this._session?.roundTripMs;
  }

  /** Ends everything; a running download stops where it is and can go on in a later run. */
  close(): void {
    if (this._state === "closed") return;
    this._state = "closed";
    this._trial.stop();
    this._updater.close();
    this._services.close();
    this._host.timers.clear(this._timer);
    this._session?.close(1000, "");
  }

  private _isRunning(): boolean {
    return this._state === "running";
  }

  private _connect(): void {
    this._host.timers.clear(this._timer);
    if (!this._isRunning() || this._waitForClock()) return;
    const { heartbeat } = this._settings;
    let target: Target;
    try {
      target = this._destination.target();
    } catch (error) {
      this._wait(asFault(error, "application", "attempt-failed"), noCloseFrame);
      return;
    }
    this._session = new Session({
      host: this._host,
      log: this._log,
      target,
      names: [...deviceNames, ...this._services.names],
      heartbeat,
      heartbeatIntervalMs: this._heartbeatIntervalMs,
      handlers: this._handlers(),
      onOpened: (headers) => this._call("the clock", () => this._destination.opened(headers)),
      onJoined: () => this._joined(),
      onEnded: (ended) => this._ended(ended),
    });
  }

  /**
   * In a turn of its own: what brought it about is deep in the stack of the connection before, or is the application's
   * `error`, which an attempt that fails at once would call again from inside itself.
   */
  private _connectSoon(): void {
    this._host.timers.clear(this._timer);
    this._timer = this._host.timers.set(() => this._connect(), 0);
  }

  /** At a cold start SNTP is under way: the clock is awaited for a moment, and then started from what is known. */
  private _waitForClock(): boolean {
    if (this._wallClock.known || this._clockWaitedMs >= clockWaitMs) return false;
    if (this._clockWaitedMs === 0) this._log.info(`The time is not known yet: waiting ${clockWaitMs / 1000} s for it.`);
    this._clockWaitedMs += clockPollMs;
    if (this._clockWaitedMs >= clockWaitMs) this._call("the clock", () => this._wallClock.seed());
    this._timer = this._host.timers.set(() => this._connect(), clockPollMs);
    return true;
  }

  /** New ones for every session: nothing of an old connection lives in them. */
  private _handlers(): ChannelHandler[] {
    const device = new DeviceChannel({
      log: this._log,
      firmware: this._firmware,
      updater: this._updater,
      trial: this._trial,
      networkInterface: this._host.device.networkInterface,
      event: (event, payload, port) => this._event(event, payload, port),
      joined: (port) => {
        this._port = port;
        this._services.deviceJoined(port);
      },
      left: () => {
        this._port = undefined;
        this._services.deviceLeft();
      },
    });
    const services = this._services.handlers({
      join: (topic) => this._session?.join(topic),
      bufferedBytes: () => this._session?.bufferedBytes ?? 0,
    });
    return [device, ...services];
  }

  /** A switch, and no table of functions: each of those would take 416 bytes of slots for ever (64-bit). */
  private _event(event: string, payload: unknown, port: ChannelPort): boolean {
    switch (event) {
      case fromServer.update:
        this._services.archives.giveWay();
        this._updater.offered(payload);
        return true;
      case fromServer.reboot:
        this._restart();
        return true;
      case fromServer.identify:
        this._call("identify", () => this._settings.client.identify?.());
        return true;
      default:
        return this._services.event(event, payload, port);
    }
  }

  private _joined(): void {
    const first = this._attempts.accept(this._host.clock.monotonic());
    this._destination.accepted();
    this._call("the store", () => this._wallClock.remember());
    this._call("the trial", () => this._trial.joined());
    if (first) this._call("connected", () => this._settings.client.connected?.());
  }

  private _ended(ended: Ended): void {
    const session = this._session;
    this._session = undefined;
    if (session !== undefined) this._heartbeatIntervalMs = session.heartbeatIntervalMs;
    if (!this._isRunning()) return;
    if (ended.type === "refused") {
      this._refused(ended.refusal);
      return;
    }
    const { code, upgraded } = ended;
    const fault = ended.fault && !upgraded ? this._destination.explain(ended.fault) : ended.fault;
    // A connection that died of silence may have been too quiet for something in between.
    if (fault?.code === "heartbeat-unanswered") this._heartbeatIntervalMs = this._settings.heartbeat.intervalMs;
    this._wait(fault ?? closeFault(code), code);
  }

  private _refused(refusal: Refusal): void {
    const verdict = this._destination.refused(refusal);
    if (verdict === "redirected") this._connectSoon();
    else this._wait(verdict.fault, noCloseFrame, verdict.retryAfterMs);
  }

  /** Says why, and tries again after the backoff. */
  private _wait(fault: Fault, code: number, retryAfterMs?: number): void {
    const wasConnected = this._attempts.accepted;
    if (!wasConnected) this._destination.failed();
    const attempt = this._attempts.end(code, this._host.clock.monotonic());
    const wait = { attempt, clean: code !== noCloseFrame, retryAfterMs };
    const delayMs = backoffDelay(this._settings.backoff, wait, randomFraction(this._host.random));
    this._log.warning(`${fault.message} [${fault.code}] Trying again in ${(delayMs / 1000).toFixed(1)} s.`);
    this._timer = this._host.timers.set(() => this._connect(), delayMs);
    this._call("the trial", () => this._trial.note(fault.message));
    if (wasConnected) this._disconnected(fault.message);
    this._call("error", () => this._settings.client.error?.(fault));
  }

  private _disconnected(reason: string): void {
    this._call("disconnected", () => this._settings.client.disconnected?.(reason));
  }

  /** Without a deadline: the trial has one. */
  private _validate(answer: (passed: boolean) => void): () => void {
    const { client } = this._settings;
    return ask({
      log: this._log,
      name: "validate",
      body: () => (client.validate === undefined ? true : client.validate()),
      kind: yesOrNo,
      said: this._validateSaid,
      done: answer,
      failed: () => answer(false),
    });
  }

  private _confirmed(): void {
    ask({
      log: this._log,
      name: "writer.confirm",
      body: () => this._settings.writer?.confirm?.(),
      kind: work,
      deadline: { timers: this._host.timers, ms: writerDeadlineMs },
      done: () => {},
      failed: () => {},
    });
    this._port?.push(toServer.firmwareValidated, {});
  }

  private _restart(): void {
    if (this._state === "restarting" || this._state === "closed") return;
    this._state = "restarting";
    this._host.timers.clear(this._timer);
    this._log.notice("Restarting.");
    if (this.connected) this._call("the store", () => this._wallClock.remember());
    const { client, rebootDeadlineMs } = this._settings;
    orderlyRestart({
      host: this._host,
      log: this._log,
      client,
      deadlineMs: rebootDeadlineMs,
      farewell: () => {
        this._port?.push(toServer.rebooting, {});
        this._session?.close(1000, "");
      },
    });
  }

  /** Runs code of the application, or of the host, that must not take the link down. */
  private _call(what: string, body: () => unknown): void {
    tell(this._log, what, body);
  }
}
