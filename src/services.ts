/*
 * Services: what the agent serves besides firmware, put together. It makes the extensions, the command table and what
 * handles the operator's messages, once; and for every connection the handlers of its topics.
 */

import type { SecureOptions } from "../modules/host/byte-stream.js";
import type { Host } from "../modules/host/host.js";
import type { Client } from "./client.js";
import type { ChannelHandler, ChannelPort } from "./connection/channel-handler.js";
import type { Firmware } from "./device/firmware.js";
import { Vitals } from "./device/vitals.js";
import { Alarms } from "./features/alarms/alarms.js";
import { Archives } from "./features/archives/archives.js";
import { Components } from "./features/components/components.js";
import { CommandTable } from "./features/console/command-table.js";
import { ConsoleChannel, consoleNames } from "./features/console/console-channel.js";
import { deviceCommands } from "./features/console/device-commands.js";
import { Terminal, type TerminalOptions } from "./features/console/terminal.js";
import { ErrorReports } from "./features/error-reports/error-reports.js";
import type { Extension } from "./features/extensions/extension.js";
import { ExtensionsChannel } from "./features/extensions/extensions-channel.js";
import { Registry } from "./features/extensions/registry.js";
import { Geo } from "./features/geo/geo.js";
import { defaultGeoIpUrl, GeoIp } from "./features/geo/geoip.js";
import { Health } from "./features/health/health.js";
import { LocalShell } from "./features/local-shell/local-shell.js";
import { Logging } from "./features/logging/logging.js";
import { ManagedUpdates } from "./features/managed-updates/managed-updates.js";
import { Metrics } from "./features/metrics/metrics.js";
import { NetworkIdentity } from "./features/network-identity/network-identity.js";
import { Scripts } from "./features/scripts/scripts.js";
import { ServerKeys } from "./features/server-keys/server-keys.js";
import type { Log } from "./log/log.js";
import { RecentLines } from "./log/recent-lines.js";
import type { Redactor } from "./log/redact.js";
import { consoleTopic, extensionsTopic, fromServer } from "./protocol.js";
import type { ServiceOptions } from "./service-options.js";
import type { Updater } from "./update/updater.js";

export interface ServicesOptions {
  host: Host;
  log: Log;
  redactor: Redactor;
  client: Client;
  /** What the application wants of it. */
  options: ServiceOptions;
  /** Name of the link, for the prompt. */
  name: string;
  firmware: Firmware;
  updater: Updater;
  secure: SecureOptions;
  /** Whether the hub is reached over TLS now, wherever redirects have led. */
  tls(): boolean;
  /** What the device lacks to survive a bad update, for people. */
  lacking(): string | undefined;
  roundTripMs(): number | undefined;
  restart(): void;
}

/** What the services need of one connection. */
export interface Connection {
  join(topic: string): void;
  /** Bytes that wait to be sent. */
  bufferedBytes(): number;
}

export class Services {
  readonly alarms: Alarms;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly errorReports: ErrorReports;
  readonly geo: Geo | undefined;
  readonly components: Components | undefined;
  readonly updates: ManagedUpdates;
  readonly serverKeys: ServerKeys;
  readonly archives: Archives;
  private readonly _given: ServicesOptions;
  private readonly _registry: Registry;
  /** With nobody to type them, commands only take memory (7 KB of slots, 3.7 KB of chunks, 64-bit). */
  private readonly _commands: CommandTable | undefined;
  private readonly _scripts: Scripts;
  private _extensionsChannel: ExtensionsChannel | undefined;
  private _connection: Connection | undefined;

  /** @throws Fault of stage "options": "bad-extension", "bad-command" */
  constructor(given: ServicesOptions) {
    this._given = given;
    const { host, log, redactor, client, options, firmware, updater, secure, tls } = given;
    const recent = new RecentLines();
    log.listen((level, message) => recent.write(level, message));
    const vitals = new Vitals(host, given.roundTripMs);
    this.updates = new ManagedUpdates(host.clock, log, client);
    this.serverKeys = new ServerKeys(host.store, log);
    this.archives = new Archives({
      host,
      log,
      client,
      secure,
      tls,
      writer: options.archiveWriter,
      updating: () => updater.busy,
    });
    this.alarms = new Alarms(host, log);
    this.metrics = new Metrics(host, log, vitals, options.metrics || {});
    this.health = new Health(host, log, vitals, this.alarms, options.health || {}, given.lacking);
    this.errorReports = new ErrorReports({
      host,
      log,
      redactor,
      vitals,
      uuid: firmware.metadata.uuid,
      recentLog: () => recent.last(8).join("\n"),
    });
    this.geo = this._geo();
    this.components = options.components && new Components(host, log, options.components);
    const scripts = options.scripts ?? options.console ?? false;
    if (scripts || options.console || options.localShell || options.commands)
      this._commands = this._table(vitals, recent);
    this._scripts = new Scripts(host.timers, scripts ? this._commands : undefined);
    this._registry = new Registry(this._extensions());
  }

  /** Property names that these topics' payloads may carry. */
  get names(): readonly string[] {
    return [...this._registry.names, ...consoleNames];
  }

  /** At the start of the link, after the log works. */
  start(): void {
    if (this._given.options.errorReports !== false) this.errorReports.start();
  }

  close(): void {
    this.archives.close();
    this._extensionsChannel?.deviceLeft();
  }

  /** Deals with an event of the device topic. @returns false: it is not known */
  event(event: string, payload: unknown, port: ChannelPort): boolean {
    switch (event) {
      case fromServer.extensionsGet:
        this._extensionsChannel?.asked(payload);
        return true;
      case fromServer.scriptsRun:
        this._scripts.run(payload, port);
        return true;
      case fromServer.archive:
        this.archives.offered(payload);
        return true;
      case fromServer.firmwarePublicKeys:
        this.serverKeys.told("firmware", payload);
        return true;
      case fromServer.archivePublicKeys:
        this.serverKeys.told("archive", payload);
        return true;
      case fromServer.updateMode:
        this.updates.modeTold(payload);
        return true;
      case fromServer.updateAvailable:
        this.updates.checked(payload);
        return true;
      case fromServer.updateRejected:
        this.updates.rejected(payload);
        return true;
      default:
        return false;
    }
  }

  /** Handlers for one connection, which `deviceJoined` then is about. */
  handlers(connection: Connection): ChannelHandler[] {
    const { host, log, options } = this._given;
    this._connection = connection;
    const { bufferedBytes } = connection;
    this._extensionsChannel = new ExtensionsChannel({
      registry: this._registry,
      log,
      timers: host.timers,
      join: () => connection.join(extensionsTopic),
      bufferedBytes,
    });
    const handlers: ChannelHandler[] = [this._extensionsChannel];
    if (options.console) handlers.push(new ConsoleChannel({ ...this._terminal(), bufferedBytes }));
    return handlers;
  }

  deviceJoined(port: ChannelPort): void {
    this.updates.online(port);
    this._extensionsChannel?.deviceJoined();
    if (this._given.options.console) this._connection?.join(consoleTopic);
  }

  deviceLeft(): void {
    this.updates.offline();
    this._extensionsChannel?.deviceLeft();
  }

  private _geo(): Geo | undefined {
    const { host, log, options } = this._given;
    const { geo } = options;
    if (geo === undefined) return undefined;
    if (typeof geo === "function" || !("geoip" in geo)) return new Geo(host, log, geo);
    return new Geo(host, log, new GeoIp(host, log, geo.geoip === true ? defaultGeoIpUrl : geo.geoip));
  }

  /** What is not switched on has no key in the join. */
  private _extensions(): Extension[] {
    const { host, log, options } = this._given;
    const extensions: Extension[] = [];
    if (options.health !== false) extensions.push(this.health);
    if (options.metrics !== false) extensions.push(this.metrics);
    if (options.alarms !== false) extensions.push(this.alarms);
    if (options.errorReports !== false) extensions.push(this.errorReports);
    if (this.geo !== undefined) extensions.push(this.geo);
    if (this.components !== undefined) extensions.push(this.components);
    if (options.networkIdentity !== undefined) extensions.push(new NetworkIdentity(host, log, options.networkIdentity));
    if (options.localShell) extensions.push(new LocalShell((send) => new Terminal({ ...this._terminal(), send })));
    if (options.logging !== false) {
      const logging = new Logging(host, options.logging ?? {});
      log.listen((level, message) => logging.write(level, message));
      extensions.push(logging);
    }
    return [...extensions, ...(options.extensions ?? [])];
  }

  private _table(vitals: Vitals, recent: RecentLines): CommandTable {
    const { host, log, firmware, updater, options, restart } = this._given;
    const commands = deviceCommands({
      ...{ host, firmware, vitals, updater, recent, restart },
      registry: () => this._registry,
      updates: this.updates,
    });
    return new CommandTable(host.timers, log, [...commands, ...(options.commands ?? [])], options.evaluate);
  }

  private _terminal(): Omit<TerminalOptions, "send"> {
    const { host, firmware, name } = this._given;
    const { product, version } = firmware.metadata;
    return {
      timers: host.timers,
      // Only made where a terminal can be.
      commands: this._commands!,
      banner: `${product} ${version} on ${host.device.identifier}. "help" lists what it can be told.`,
      prompt: `${name}> `,
    };
  }
}
