/*
 * Session: all state of one connection. Made when a connection is attempted, dropped when it ends; the next attempt
 * makes a new one. It owns the WebSocket, the channels on it, their rejoins and the heartbeat, and decides nothing about
 * updates or extensions.
 *
 * The rule it guards: `ended` comes exactly once, and after it nothing more happens here.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { SecureOptions } from "../../modules/host/byte-stream.js";
import type { Host } from "../../modules/host/host.js";
import type { Timer } from "../../modules/host/timers.js";
import { maxJoinAttempts } from "../../modules/limits/limits.js";
import {
  type Channel,
  type ChannelAction,
  type ChannelInput,
  newChannel,
  step,
} from "../../modules/phoenix/channel.js";
import { decodeFrame, encodeFrame, type Frame } from "../../modules/phoenix/frame.js";
import { Heartbeat, type HeartbeatOptions } from "../../modules/phoenix/heartbeat.js";
import {
  type Closed,
  type Refusal,
  WebSocketClient,
  type WebSocketListener,
} from "../../modules/websocket/websocket.js";
import { tell } from "../log/guarded.js";
import type { Log } from "../log/log.js";
import { deviceTopic, heartbeatEvent, heartbeatTopic } from "../protocol.js";
import { backoffDelay, defaultBackoff } from "./backoff.js";
import type { ChannelHandler } from "./channel-handler.js";
import { randomFraction } from "./fraction.js";

/** Where to connect and as whom. */
export interface Target {
  host: string;
  port: number;
  /** With query. */
  path: string;
  secure?: SecureOptions;
  headers: [string, string][];
}

/** How a session came to its end. */
export type Ended =
  /** The server answered the upgrade with something else. */
  | { readonly type: "refused"; readonly refusal: Refusal }
  /** The connection could not be made, or broke, or was closed; with code 1006 when there was no close frame. */
  | { readonly type: "closed"; readonly code: number; readonly fault?: Fault; readonly upgraded: boolean };

/** What a connection needs of a host. */
export type SessionHost = Pick<Host, "network" | "timers" | "random" | "crypto" | "clock">;

/** Whose session it is. */
export interface SessionListener {
  /** The server took the upgrade, with these headers; no join was sent yet. Must not throw. */
  opened(headers: ReadonlyMap<string, string>): void;
  /** The device topic has been joined; comes again when it was joined again. */
  joined(): void;
  /** It is over. Comes exactly once, and never after `abort`. */
  ended(ended: Ended): void;
}

export interface SessionOptions {
  host: SessionHost;
  log: Log;
  target: Target;
  /** Property names that may occur in payloads. */
  names: readonly string[];
  heartbeat: HeartbeatOptions;
  /** Interval to start with, in milliseconds: what an earlier session has grown to. */
  heartbeatIntervalMs: number;
  /** One a topic; "device" must be among them and is joined as soon as the socket is open. */
  handlers: readonly ChannelHandler[];
  listener: SessionListener;
}

/** Name resolution, TCP and TLS together; TLS in XS bytecode takes seconds on an ESP32. */
const connectTimeoutMs = 30000;
/** The server was recorded taking 10 s when its database was slow (platform-unavailable). */
const upgradeTimeoutMs = 30000;
const closeTimeoutMs = 2000;
/** As long as an upgrade may take; a join waits for the same database. */
const joinTimeoutMs = 30000;
/** A join that held this long was a good one; the next loss starts the backoff anew. */
const lastingJoinMs = 60000;

/** One topic on this socket. */
interface Topic {
  readonly handler: ChannelHandler;
  channel: Channel;
  /** Joins in a row that did not last. */
  attempts: number;
  /** When it was joined last, monotonic milliseconds. */
  joinedMs: number;
  timer: Timer | undefined;
}

export class Session implements WebSocketListener {
  private readonly _options: Omit<SessionOptions, "target">;
  private readonly _topics = new Map<string, Topic>();
  private readonly _socket: WebSocketClient;
  private _ref = 0;
  private _heartbeat: Heartbeat | undefined;
  private _heartbeatTimer: Timer | undefined;
  private _ended = false;

  constructor(options: SessionOptions) {
    // What it shows to the server, keys and signed headers, is let go of when that has seen it.
    const { target, ...kept } = options;
    const { host } = kept;
    this._options = kept;
    for (const handler of options.handlers) {
      const channel = newChannel(handler.topic);
      this._topics.set(handler.topic, { handler, channel, attempts: 0, joinedMs: 0, timer: undefined });
    }
    this._socket = new WebSocketClient(
      {
        network: host.network,
        timers: host.timers,
        random: host.random,
        crypto: host.crypto,
        ...target,
        connectTimeoutMs,
        upgradeTimeoutMs,
        closeTimeoutMs,
      },
      this,
    );
  }

  /** Round trip of the last answered heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this._heartbeat?.roundTripMs;
  }

  /** What the heartbeat's interval has grown to, in milliseconds. */
  get heartbeatIntervalMs(): number {
    return this._heartbeat?.intervalMs ?? this._options.heartbeatIntervalMs;
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this._socket.bufferedBytes;
  }

  isJoined(topic: string): boolean {
    return this._topics.get(topic)?.channel.phase === "joined";
  }

  /** Joins a topic; nothing happens while it is joined or being joined. */
  join(topic: string): void {
    const entry = this._topics.get(topic);
    if (entry === undefined || this._ended || entry.channel.phase !== "closed" || entry.timer !== undefined) return;
    this._join(entry);
  }

  /** See ChannelPort.push. */
  push(topic: string, event: string, payload: object): string | undefined {
    const entry = this._topics.get(topic);
    if (entry === undefined || this._ended || entry.channel.phase !== "joined") return undefined;
    const ref = this._nextRef();
    return this._apply(entry, { type: "push", ref, event, payload }) ? ref : undefined;
  }

  /** Ends the connection with a close handshake; `ended` follows. */
  close(code: number, reason: string): void {
    this._socket.close(code, reason);
  }

  /** Ends the connection at once, without `ended`. */
  abort(): void {
    this._stop();
    this._socket.abort();
  }

  /** The socket is open: of WebSocketListener, as what follows. */
  opened(headers: ReadonlyMap<string, string>): void {
    const { host, heartbeat, heartbeatIntervalMs, listener } = this._options;
    listener.opened(headers);
    this._heartbeat = new Heartbeat(heartbeat, host.clock.monotonic(), heartbeatIntervalMs);
    this.join(deviceTopic);
    this._beat();
  }

  text(text: string): void {
    if (this._ended) return;
    const now = this._options.host.clock.monotonic();
    this._heartbeat?.received(now);
    let frame: Frame;
    try {
      frame = decodeFrame(text, this._options.names);
    } catch (error) {
      this._fail(asFault(error, "channel", "bad-frame"));
      return;
    }
    if (frame.topic === heartbeatTopic) {
      this._heartbeat?.reply(frame.ref, now);
      return;
    }
    const entry = this._topics.get(frame.topic);
    if (entry === undefined) this._options.log.debug("A message for a topic that is not in use was ignored.");
    else this._apply(entry, { type: "frame", frame });
  }

  binary(): void {
    this._fail(new Fault("channel", "binary-frame", "The server sent a binary frame, which vsn 2 has not."));
  }

  refused(refusal: Refusal): void {
    this._end({ type: "refused", refusal });
  }

  closed({ code, fault }: Closed): void {
    this._end({ type: "closed", code, fault, upgraded: this._heartbeat !== undefined });
  }

  private _nextRef(): string {
    this._ref++;
    return String(this._ref);
  }

  private _beat(): void {
    if (this._ended || this._heartbeat === undefined) return;
    const { host } = this._options;
    let beat = this._heartbeat.next(host.clock.monotonic());
    if (beat.type === "dead") {
      const text = `The server did not answer a heartbeat within ${Math.round(this._heartbeat.intervalMs / 1000)} s.`;
      this._fail(new Fault("transport", "heartbeat-unanswered", text));
      return;
    }
    if (beat.type === "send") {
      const ref = this._nextRef();
      this._heartbeat.beat(ref, host.clock.monotonic());
      this._send({ joinRef: null, ref, topic: heartbeatTopic, event: heartbeatEvent, payload: {} });
      beat = { type: "wait", delayMs: this._heartbeat.intervalMs };
    }
    // The send may have ended the session.
    if (!this._ended) this._heartbeatTimer = host.timers.set(() => this._beat(), beat.delayMs);
  }

  /** @returns false when an action could not be carried out */
  private _apply(entry: Topic, input: ChannelInput): boolean {
    const { channel, actions } = step(entry.channel, input);
    entry.channel = channel;
    let done = true;
    for (const action of actions) done = this._act(entry, action) && done;
    return done;
  }

  private _act(entry: Topic, action: ChannelAction): boolean {
    if (this._ended) return false;
    const { handler } = entry;
    switch (action.type) {
      case "send":
        return this._send(action.frame);
      case "joined":
        this._joined(entry, action.response);
        break;
      case "message":
        this._guard(entry, () => handler.message(action.event, action.payload));
        break;
      case "reply":
        this._guard(entry, () => handler.reply?.(action.ref, action.status, action.response));
        break;
      case "refused":
        this._guard(entry, () => handler.refused?.(action.reason));
        if (!this._ended) this._lost(entry, `The server refused the join of "${handler.topic}": ${action.reason}.`);
        break;
      case "crashed":
        this._left(entry);
        this._lost(entry, `The server's process behind "${handler.topic}" ended: ${action.reason}.`);
        break;
      case "closed":
        this._left(entry);
        this._lost(entry, `The server closed "${handler.topic}".`);
        break;
    }
    return true;
  }

  private _joined(entry: Topic, response: unknown): void {
    const { handler } = entry;
    this._options.host.timers.clear(entry.timer);
    entry.timer = undefined;
    entry.joinedMs = this._options.host.clock.monotonic();
    this._options.log.info(`Joined "${handler.topic}".`);
    this._guard(entry, () => {
      handler.joined(response, { push: (event, payload) => this.push(handler.topic, event, payload) });
      if (handler.topic === deviceTopic) this._options.listener.joined();
    });
  }

  private _join(entry: Topic): void {
    const { handler } = entry;
    const { timers } = this._options.host;
    entry.attempts++;
    this._guard(entry, () =>
      this._apply(entry, { type: "join", ref: this._nextRef(), payload: handler.joinPayload() }),
    );
    if (this._ended) return;
    entry.timer = timers.set(() => this._unanswered(entry), joinTimeoutMs);
  }

  /** Without the device topic a connection is worth nothing; another one can be tried again beside it. */
  private _unanswered(entry: Topic): void {
    const { topic } = entry.handler;
    const text = `The server did not answer the join of "${topic}" within ${joinTimeoutMs / 1000} s.`;
    if (topic === deviceTopic) {
      this._fail(new Fault("join", "join-timeout", `${text} It is overloaded, or no NervesHub; it is tried again.`));
      return;
    }
    entry.channel = newChannel(topic);
    this._lost(entry, text);
  }

  private _left(entry: Topic): void {
    if (this._options.host.clock.monotonic() - entry.joinedMs >= lastingJoinMs) entry.attempts = 0;
    this._guard(entry, () => entry.handler.left());
  }

  /** The topic is gone but the socket lives: join again later, without touching the others. */
  private _lost(entry: Topic, why: string): void {
    const { host, log } = this._options;
    host.timers.clear(entry.timer);
    if (entry.attempts >= maxJoinAttempts && entry.handler.topic === deviceTopic) {
      this._fail(
        new Fault("join", "join-failed", `${why} This was attempt ${entry.attempts}; a new connection is made.`),
      );
      return;
    }
    const wait = { attempt: entry.attempts, clean: true };
    const delayMs = backoffDelay(defaultBackoff, wait, randomFraction(host.random));
    log.warning(`${why} Joining again in ${Math.ceil(delayMs / 1000)} s.`);
    entry.timer = host.timers.set(() => this._join(entry), delayMs);
  }

  /** @returns false for "not now"; what can never be sent is dropped, said and over */
  private _send(frame: Frame): boolean {
    try {
      this._socket.sendText(encodeFrame(frame));
      this._heartbeat?.sent(this._options.host.clock.monotonic());
      return true;
    } catch (error) {
      const { code, message } = asFault(error, "websocket", "send-failed");
      const { log } = this._options;
      if (code === "send-queue-full" || code === "not-open") {
        log.warning(`A message could not be sent: ${message}`);
        return false;
      }
      log.error(`The message "${frame.event}" can never be sent and is dropped: ${message}`);
      return true;
    }
  }

  /** Runs a handler. What it throws is logged and ends nothing. */
  private _guard({ handler }: Topic, body: () => unknown): void {
    tell(this._options.log, `The handler of "${handler.topic}"`, body);
  }

  private _fail(fault: Fault): void {
    if (this._ended) return;
    this._socket.abort();
    this._end({ type: "closed", code: 1006, fault, upgraded: true });
  }

  private _stop(): void {
    this._ended = true;
    const { timers } = this._options.host;
    timers.clear(this._heartbeatTimer);
    for (const entry of this._topics.values()) {
      timers.clear(entry.timer);
      entry.timer = undefined;
      const { phase } = entry.channel;
      entry.channel = newChannel(entry.handler.topic);
      if (phase === "joined") this._guard(entry, () => entry.handler.left());
    }
  }

  private _end(ended: Ended): void {
    if (this._ended) return;
    this._stop();
    this._options.listener.ended(ended);
  }
}
