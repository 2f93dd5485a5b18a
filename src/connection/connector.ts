/*
 * Connector: one attempt to connect after the other, for as long as the link runs. It makes a Session for each, and keeps
 * what outlives them: where to connect, the backoff, the heartbeat, the clock.
 *
 * The rule it guards: it never gives up and always says why. Every attempt and every end is one line in the log.
 */

import { asFault, type Fault } from "../../modules/fault/fault.js";
import { Heartbeat, type HeartbeatOptions } from "../../modules/phoenix/heartbeat.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Timer } from "../../modules/platform/timers.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import { tell } from "../log/guarded.js";
import type { Log } from "../log/log.js";
import { Attempts } from "./attempts.js";
import { type BackoffOptions, backoffDelay, randomFraction } from "./backoff.js";
import type { ChannelHandler } from "./channel-handler.js";
import { Destination, type DestinationSettings } from "./destination.js";
import { closeFault } from "./diagnosis.js";
import { type Ended, type Endpoint, Session, type SessionListener } from "./session.js";
import { WallClock } from "./wall-clock.js";

/** Close code of a connection that ended without a close frame (RFC 6455 §7.1.5). */
const noCloseFrame = 1006;

/** Stages of the faults of a connection that was lost: cut, broken off within TLS, or with a heartbeat unanswered. */
const lossStages: readonly string[] = Object.freeze(["transport", "tls"]);

/** SNTP answers within a second or two where it answers at all. */
const clockWaitMs = 5000;
const clockPollMs = 500;

export interface ConnectorSettings extends DestinationSettings {
  readonly heartbeat: HeartbeatOptions;
  readonly backoff: BackoffOptions;
}

/** The owner of the connections. */
export interface ConnectorListener {
  /** New handlers for a new connection, one a topic. */
  handlers(): ChannelHandler[];
  /** Property names that payloads may carry. */
  readonly names: readonly string[];
  /** The server has accepted the join of the device topic. @param first whether it is the first join on this connection */
  joined(first: boolean): void;
  /** An attempt or a connection has ended. @param wasConnected whether the server had accepted the join */
  failed(fault: Fault, wasConnected: boolean): void;
}

export class Connector implements SessionListener {
  private readonly _platform: Platform;
  private readonly _log: Log;
  private readonly _settings: ConnectorSettings;
  private readonly _listener: ConnectorListener;
  private readonly _wallClock: WallClock;
  private readonly _destination: Destination;
  private readonly _attempts = new Attempts();
  private readonly _heartbeat: Heartbeat;
  private _session: Session | undefined;
  private _timer: Timer | undefined;
  /** How long the clock was waited for, in milliseconds. */
  private _clockWaitedMs = 0;
  private _running = false;

  /** @param builtMs when this firmware was built, milliseconds since 1970: earlier times are not believed */
  constructor(platform: Platform, log: Log, settings: ConnectorSettings, builtMs: number, listener: ConnectorListener) {
    this._platform = platform;
    this._log = log;
    this._settings = settings;
    this._listener = listener;
    this._heartbeat = new Heartbeat(settings.heartbeat, platform.clock.monotonic());
    const { clock, crypto, store } = platform;
    this._wallClock = new WallClock(clock, store, log, builtMs);
    this._destination = new Destination({ settings, clock, crypto, wallClock: this._wallClock, log });
  }

  /** Whether the hub is reached over TLS: redirects count, not the configured value. */
  get tls(): boolean {
    return this._destination.tls;
  }

  /** Round trip of the last heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this._session?.roundTripMs;
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this._session?.bufferedBytes ?? 0;
  }

  join(topic: string): void {
    this._session?.join(topic);
  }

  start(): void {
    this._running = true;
    this._connect();
  }

  /** Drops the connection, if any, and makes a new one at once. @returns whether the server had accepted the device */
  reconnect(): boolean {
    const wasConnected = this._attempts.accepted;
    this._attempts.reset();
    const session = this._session;
    this._session = undefined;
    session?.abort();
    this._connectSoon();
    return wasConnected;
  }

  /** Stops making attempts; an existing connection stays. */
  stop(): void {
    this._running = false;
    this._platform.timers.clear(this._timer);
  }

  /** Ends an existing connection with a close handshake. */
  close(): void {
    this._session?.close(1000, "");
  }

  /** Stores the time, for a later start at which the time is unknown. */
  rememberTime(): void {
    tell(this._log, "the store", () => this._wallClock.remember());
  }

  /** The server took the upgrade (SessionListener, as the two that follow). */
  opened(headers: ReadonlyMap<string, string>): void {
    tell(this._log, "the clock", () => this._destination.opened(headers));
  }

  joined(): void {
    const first = this._attempts.accept(this._platform.clock.monotonic());
    this._destination.accepted();
    this.rememberTime();
    this._listener.joined(first);
  }

  ended(ended: Ended): void {
    this._session = undefined;
    if (!this._running) return;
    if (ended.type === "refused") {
      this._refused(ended.refusal);
      return;
    }
    const { code, reason, upgraded } = ended;
    const fault = ended.fault && !upgraded ? this._destination.explain(ended.fault) : ended.fault;
    if (fault !== undefined && lossStages.includes(fault.stage)) this._lost();
    this._wait(fault ?? closeFault(code, reason), code, { reasoned: reason.trim() !== "" });
  }

  private _connect(): void {
    const { timers } = this._platform;
    timers.clear(this._timer);
    if (!this._running || this._waitForClock()) return;
    let endpoint: Endpoint;
    try {
      endpoint = this._destination.endpoint();
    } catch (error) {
      this._wait(asFault(error, "application", "attempt-failed"), noCloseFrame);
      return;
    }
    this._session = new Session({
      platform: this._platform,
      log: this._log,
      endpoint,
      names: this._listener.names,
      heartbeat: this._heartbeat,
      handlers: this._listener.handlers(),
      listener: this,
    });
  }

  /**
   * Connects in a turn of its own. The caller is deep in the stack of the previous connection, or is the application's `error`
   * callback, which an attempt that fails at once would call recursively.
   */
  private _connectSoon(): void {
    const { timers } = this._platform;
    timers.clear(this._timer);
    this._timer = timers.set(() => this._connect(), 0);
  }

  /** Waits for SNTP after a cold start, then goes on with a lower bound of the time. @returns true while it waits */
  private _waitForClock(): boolean {
    if (this._wallClock.known || this._clockWaitedMs >= clockWaitMs) return false;
    if (this._clockWaitedMs === 0) this._log.info(`The time is not known yet: waiting ${clockWaitMs / 1000} s for it.`);
    this._clockWaitedMs += clockPollMs;
    if (this._clockWaitedMs >= clockWaitMs) tell(this._log, "the clock", () => this._wallClock.seed());
    this._timer = this._platform.timers.set(() => this._connect(), clockPollMs);
    return true;
  }

  /** The connection was lost: the heartbeat learns of it, unless the server had not accepted the device yet. */
  private _lost(): void {
    if (!this._attempts.accepted || !this._heartbeat.lost(this._platform.clock.monotonic())) return;
    const { intervalMs } = this._heartbeat;
    this._log.notice(
      `The network forgets a connection that is quiet: heartbeats come every ${Math.round(intervalMs / 1000)} s.`,
    );
  }

  private _refused(refusal: UpgradeRefusal): void {
    const verdict = this._destination.refused(refusal);
    if (verdict === "redirected") this._connectSoon();
    else this._wait(verdict.fault, noCloseFrame, verdict);
  }

  /** Says why, and tries again after the backoff. */
  private _wait(
    fault: Fault,
    code: number,
    { reasoned, retryAfterMs }: { reasoned?: boolean; retryAfterMs?: number | undefined } = {},
  ): void {
    const { timers, clock, random } = this._platform;
    const wasConnected = this._attempts.accepted;
    if (!wasConnected) this._destination.failed();
    const attempt = this._attempts.end(code, clock.monotonic(), reasoned);
    const wait = { attempt, clean: code !== noCloseFrame, retryAfterMs };
    const delayMs = backoffDelay(this._settings.backoff, wait, randomFraction(random));
    this._log.warning(`${fault.message} [${fault.code}] Trying again in ${(delayMs / 1000).toFixed(1)} s.`);
    this._timer = timers.set(() => this._connect(), delayMs);
    this._listener.failed(fault, wasConnected);
  }
}
