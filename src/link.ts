/*
 * NervesHubLink: the agent. It owns what outlives a connection: the update, the trial, the features, and the Connector, which
 * makes one connection after another.
 *
 * The rules it guards: an image on trial that cannot construct its link is reverted at once; an application or a feature
 * that fails does not stop the link.
 */

import type { Fault } from "../modules/fault/fault.js";
import { settle } from "../modules/fault/settle.js";
import { buildTime } from "../modules/ota/build-time.js";
import type { Platform } from "../modules/platform/platform.js";
import type { ChannelHandler } from "./connection/channel-handler.js";
import { Connector, type ConnectorListener } from "./connection/connector.js";
import type { Credentials } from "./connection/credentials.js";
import { DevicePusher } from "./connection/device-pusher.js";
import { LinkCore } from "./core.js";
import { DeviceChannel, type DeviceListener } from "./device/device-channel.js";
import { type Firmware, readFirmware } from "./device/firmware.js";
import { orderlyRestart } from "./device/restart.js";
import type { Feature } from "./feature.js";
import { ask, type LastFailure, tell, yesOrNo } from "./log/guarded.js";
import { inspect } from "./log/inspect.js";
import { type Level, Log, levels } from "./log/log.js";
import { Redactor } from "./log/redact.js";
import { checkOptions, type LinkOptions, type Settings } from "./options.js";
import { deviceNames, toServer } from "./protocol.js";
import { Protection } from "./update/protection.js";
import { UpdateRecords } from "./update/records.js";
import { SlotTarget } from "./update/slot-target.js";
import type { UpdateTarget } from "./update/target.js";
import { makeOrRevert, Trial, type TrialListener } from "./update/trial.js";
import { Trust } from "./update/trust.js";
import { Updater } from "./update/updater.js";

/** Makes the log that prints to the platform's console. A failing console has nowhere to be reported; listeners get the line. */
const newLog = (
  platform: Platform,
  { logLevel, name }: Pick<Settings, "logLevel" | "name">,
  redactor: Redactor,
): Log => {
  const print = (line: string): void =>
    settle(
      () => platform.print(line),
      () => {},
      () => {},
    );
  return new Log(print, redactor, logLevel, name);
};

export class NervesHubLink implements ConnectorListener, DeviceListener, TrialListener {
  private readonly _platform: Platform;
  private readonly _settings: Pick<Settings, "client" | "rebootDeadlineMs">;
  private readonly _log: Log;
  private readonly _pusher = new DevicePusher();
  private readonly _connector: Connector;
  private readonly _target: UpdateTarget;
  private readonly _trial: Trial;
  private readonly _updater: Updater;
  private readonly _core: LinkCore;
  private readonly _device: DeviceChannel;
  private readonly _validateFailure: LastFailure = {};
  private _state: "new" | "running" | "restarting" | "closed" = "new";

  /**
   * @param platform what the link runs on (modules/platform/platform.ts)
   * @throws Fault of stage "options" that names the option, or says why the running image has no usable metadata; its message
   * was printed
   */
  constructor(options: LinkOptions, platform: Platform) {
    const { secrets, features, formats, target, ...settings } = makeOrRevert(platform, () =>
      checkOptions(options, platform),
    );
    const firmware = makeOrRevert(platform, () => readFirmware(platform.slots.running, settings.firmware));
    const { client, name, statusWords } = settings;
    const { metadata } = firmware;
    const redactor = new Redactor(secrets);
    const log = newLog(platform, settings, redactor);
    this._platform = platform;
    this._settings = settings;
    this._log = log;
    const pusher = this._pusher;
    const connector = new Connector(platform, log, settings, buildTime(firmware.head?.description), this);
    this._connector = connector;
    const records = new UpdateRecords(platform.store);
    this._trial = new Trial(platform, log, records, settings.trial, metadata.uuid, this);
    const ofApplication = target !== undefined && target.writesSlots !== true;
    const protection = ofApplication ? undefined : new Protection(platform, log, settings.unprotectedUpdates);
    const trust = trustOf(platform, firmware);
    this._target = target ?? new SlotTarget(platform, log, trust, records, formats);
    const secure = settings.roots === undefined ? {} : { roots: settings.roots };
    this._updater = new Updater({
      ...{ platform, log, client, pusher, records, protection, secure, statusWords },
      trial: this._trial,
      target: this._target,
      tls: () => connector.tls,
      uuid: metadata.uuid,
      restart: () => this.restart(),
    });
    this._core = new LinkCore({
      ...{ platform, log, redactor, name, trust, secure, pusher, connector, protection },
      identifier: identifierOf(settings.credentials, platform),
      firmware: metadata,
      updater: this._updater,
      restart: () => this.restart(),
    });
    this._device = new DeviceChannel({
      ...{ log, firmware, pusher },
      updater: this._updater,
      trial: this._trial,
      networkInterface: platform.device.networkInterface,
      features: this._core.features,
      listener: this,
    });
    const install = (): void => {
      this._target.install?.(this._core);
      this._core.install(features);
    };
    makeOrRevert(platform, install, redactor);
    log.info(`Running ${metadata.product} ${metadata.version} (${metadata.platform}, ${metadata.uuid}).`);
    this._call("the protection", () => protection?.start());
    // Here and not in `start`: an application may await its network first, and an image that gets none must go back too.
    this._call("the trial", () => this._trial.start());
  }

  /** Starts connecting. Once. */
  start(): void {
    if (this._state !== "new") return;
    this._state = "running";
    this._each((feature) => feature.start?.());
    this._call("the updater", () => this._updater.start());
    this._connector.start();
  }

  /** Drops the connection, if any, and makes a new one at once. */
  reconnect(): void {
    if (this._state !== "running") return;
    // Last, because the application's `disconnected` may call `reconnect` or `close`.
    if (this._connector.reconnect()) this._disconnected("A reconnect was asked for.");
  }

  /** Confirms an image on trial because the application says so; neither the server nor `validate` is asked. */
  confirmUpdate(): void {
    this._trial.confirm();
  }

  /** Writes a line to the log. */
  log(level: Level, message: string): void {
    // An application without types may pass anything.
    this._log.write(levels.includes(level) ? level : "info", inspect(message));
  }

  /** True while the server has accepted this device. */
  get connected(): boolean {
    return this._pusher.joined !== undefined;
  }

  /** Round trip of the last heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this._connector.roundTripMs;
  }

  /** Ends everything; a running download stops where it is and can go on in a later run. */
  close(): void {
    if (this._state === "closed") return;
    this._state = "closed";
    this._trial.stop();
    this._updater.close();
    this._each((feature) => feature.close?.());
    this._connector.stop();
    this._connector.close();
  }

  /** Restarts the device in an orderly way. */
  restart(): void {
    if (this._state === "restarting" || this._state === "closed") return;
    this._state = "restarting";
    this._connector.stop();
    this._log.notice("Restarting.");
    if (this.connected) this._connector.rememberTime();
    const { client, rebootDeadlineMs } = this._settings;
    orderlyRestart({
      platform: this._platform,
      log: this._log,
      client,
      deadlineMs: rebootDeadlineMs,
      farewell: () => {
        this._pusher.push(toServer.rebooting, {});
        this._connector.close();
      },
    });
  }

  /** @internal */
  identify(): void {
    this._call("identify", () => this._settings.client.identify?.());
  }

  /** @internal */
  get names(): readonly string[] {
    const names = new Set(deviceNames);
    this._each((feature) => {
      for (const name of feature.names ?? []) names.add(name);
    });
    return [...names];
  }

  /** @internal */
  handlers(): ChannelHandler[] {
    const handlers: ChannelHandler[] = [this._device];
    this._each((feature) => {
      const handler = feature.channel?.();
      if (handler !== undefined) handlers.push(handler);
    });
    return handlers;
  }

  /** @internal */
  joined(first: boolean): void {
    this._call("the trial", () => this._trial.joined());
    if (first) this._call("connected", () => this._settings.client.connected?.());
  }

  /** @internal */
  failed(fault: Fault, wasConnected: boolean): void {
    this._call("the trial", () => this._trial.note(fault.message));
    if (wasConnected) this._disconnected(fault.message);
    this._call("error", () => this._settings.client.error?.(fault));
  }

  /** @internal Sets no deadline: the trial has one. */
  validate(answer: (passed: boolean) => void): () => void {
    const { client } = this._settings;
    return ask({
      log: this._log,
      name: "validate",
      body: () => (client.validate === undefined ? true : client.validate()),
      kind: yesOrNo,
      lastFailure: this._validateFailure,
      done: answer,
      failed: () => answer(false),
    });
  }

  /** @internal */
  confirmed(): void {
    this._call("the target", () => this._target.confirm?.());
    this._pusher.push(toServer.firmwareValidated, {});
  }

  /** @internal The image on trial has failed; the slots are already reverted. */
  gaveUp(): void {
    this.restart();
  }

  private _disconnected(reason: string): void {
    this._call("disconnected", () => this._settings.client.disconnected?.(reason));
  }

  private _each(body: (feature: Feature) => void): void {
    for (const feature of [...this._core.features]) this._call("a feature", () => body(feature));
  }

  /** Runs code whose failure must not take the link down. */
  private _call(what: string, body: () => unknown): void {
    tell(this._log, what, body);
  }
}

const identifierOf = (credentials: Credentials, { device }: Platform): string =>
  credentials.type === "certificate" ? device.identifier : credentials.identifier;

const trustOf = (platform: Platform, { head, metadata }: Firmware): Trust =>
  new Trust({
    chipId: platform.device.chipId,
    chipRevision: platform.device.chipRevision,
    running: head === undefined ? undefined : metadata,
  });
