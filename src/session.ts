/*
 * Session: all state of one connection. Made when a connection is attempted, dropped when it ends; the next attempt
 * makes a new one. It owns the WebSocket, the channels on it, their rejoins and the heartbeat, and decides nothing about
 * updates or extensions.
 *
 * The rule it guards: `onEnded` comes exactly once, and after it nothing more happens here.
 */

import { asFault, Fault } from "../modules/fault/fault.js";
import type { SecureOptions } from "../modules/host/byte-stream.js";
import type { Host } from "../modules/host/host.js";
import type { Timer } from "../modules/host/timers.js";
import { maxJoinAttempts } from "../modules/limits/limits.js";
import { type Channel, type ChannelAction, type ChannelInput, newChannel, step } from "../modules/phoenix/channel.js";
import { decodeFrame, encodeFrame, type Frame } from "../modules/phoenix/frame.js";
import { Heartbeat, type HeartbeatOptions } from "../modules/phoenix/heartbeat.js";
import { type Closed, type Refusal, WebSocketClient } from "../modules/websocket/websocket.js";
import { backoffDelay, defaultBackoff } from "./backoff.js";
import type { ChannelHandler } from "./channel-handler.js";
import { randomFraction } from "./fraction.js";
import { tell } from "./guarded.js";
import type { Log } from "./log.js";
import { deviceTopic, heartbeatEvent, heartbeatTopic } from "./protocol.js";

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
  /** The server took the upgrade, with these headers; no join was sent yet. Must not throw. */
  onOpened(headers: ReadonlyMap<string, string>): void;
  /** The device topic has been joined; comes again when it was joined again. */
  onJoined(): void;
  onEnded(ended: Ended): void;
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

export class Session {
  readonly #options: SessionOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #socket: WebSocketClient;
  #ref = 0;
  #heartbeat: Heartbeat | undefined;
  #heartbeatTimer: Timer | undefined;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { host, target } = options;
    for (const handler of options.handlers) {
      const channel = newChannel(handler.topic);
      this.#topics.set(handler.topic, { handler, channel, attempts: 0, joinedMs: 0, timer: undefined });
    }
    this.#socket = new WebSocketClient({
      network: host.network,
      timers: host.timers,
      random: host.random,
      crypto: host.crypto,
      ...target,
      connectTimeoutMs,
      upgradeTimeoutMs,
      closeTimeoutMs,
      onOpen: ({ headers }) => this.#open(headers),
      onText: (text) => this.#text(text),
      onBinary: () =>
        this.#fail(new Fault("channel", "binary-frame", "The server sent a binary frame, which vsn 2 has not.")),
      onRefused: (refusal) => this.#end({ type: "refused", refusal }),
      onClose: (closed) => this.#closed(closed),
    });
  }

  /** Round trip of the last answered heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat?.roundTripMs;
  }

  /** What the heartbeat's interval has grown to, in milliseconds. */
  get heartbeatIntervalMs(): number {
    return this.#heartbeat?.intervalMs ?? this.#options.heartbeatIntervalMs;
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  isJoined(topic: string): boolean {
    return this.#topics.get(topic)?.channel.phase === "joined";
  }

  /** Joins a topic; nothing happens while it is joined or being joined. */
  join(topic: string): void {
    const entry = this.#topics.get(topic);
    if (entry === undefined || this.#ended || entry.channel.phase !== "closed" || entry.timer !== undefined) return;
    this.#join(entry);
  }

  /** See ChannelPort.push. */
  push(topic: string, event: string, payload: object): string | undefined {
    const entry = this.#topics.get(topic);
    if (entry === undefined || this.#ended || entry.channel.phase !== "joined") return undefined;
    const ref = this.#nextRef();
    return this.#apply(entry, { type: "push", ref, event, payload }) ? ref : undefined;
  }

  /** Ends the connection with a close handshake; `onEnded` follows. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends the connection at once, without `onEnded`. */
  abort(): void {
    this.#stop();
    this.#socket.abort();
  }

  #nextRef(): string {
    this.#ref++;
    return String(this.#ref);
  }

  #open(headers: ReadonlyMap<string, string>): void {
    const { host, heartbeat, heartbeatIntervalMs, onOpened } = this.#options;
    onOpened(headers);
    this.#heartbeat = new Heartbeat(heartbeat, host.clock.monotonic(), heartbeatIntervalMs);
    this.join(deviceTopic);
    this.#beat();
  }

  #beat(): void {
    if (this.#ended || this.#heartbeat === undefined) return;
    const { host } = this.#options;
    let beat = this.#heartbeat.next(host.clock.monotonic());
    if (beat.type === "dead") {
      const text = `The server did not answer a heartbeat within ${Math.round(this.#heartbeat.intervalMs / 1000)} s.`;
      this.#fail(new Fault("transport", "heartbeat-unanswered", text));
      return;
    }
    if (beat.type === "send") {
      const ref = this.#nextRef();
      this.#heartbeat.beat(ref, host.clock.monotonic());
      this.#send({ joinRef: null, ref, topic: heartbeatTopic, event: heartbeatEvent, payload: {} });
      beat = { type: "wait", delayMs: this.#heartbeat.intervalMs };
    }
    // The send may have ended the session.
    if (!this.#ended) this.#heartbeatTimer = host.timers.set(() => this.#beat(), beat.delayMs);
  }

  #text(text: string): void {
    if (this.#ended) return;
    const now = this.#options.host.clock.monotonic();
    this.#heartbeat?.received(now);
    let frame: Frame;
    try {
      frame = decodeFrame(text, this.#options.names);
    } catch (error) {
      this.#fail(asFault(error, "channel", "bad-frame"));
      return;
    }
    if (frame.topic === heartbeatTopic) {
      this.#heartbeat?.reply(frame.ref, now);
      return;
    }
    const entry = this.#topics.get(frame.topic);
    if (entry === undefined) this.#options.log.debug("A message for a topic that is not in use was ignored.");
    else this.#apply(entry, { type: "frame", frame });
  }

  /** @returns false when an action could not be carried out */
  #apply(entry: Topic, input: ChannelInput): boolean {
    const { channel, actions } = step(entry.channel, input);
    entry.channel = channel;
    let done = true;
    for (const action of actions) done = this.#act(entry, action) && done;
    return done;
  }

  #act(entry: Topic, action: ChannelAction): boolean {
    if (this.#ended) return false;
    const { handler } = entry;
    switch (action.type) {
      case "send":
        return this.#send(action.frame);
      case "joined":
        this.#joined(entry, action.response);
        break;
      case "message":
        this.#guard(entry, () => handler.message(action.event, action.payload));
        break;
      case "reply":
        this.#guard(entry, () => handler.reply?.(action.ref, action.status, action.response));
        break;
      case "refused":
        this.#guard(entry, () => handler.refused?.(action.reason));
        if (!this.#ended) this.#lost(entry, `The server refused the join of "${handler.topic}": ${action.reason}.`);
        break;
      case "crashed":
        this.#left(entry);
        this.#lost(entry, `The server's process behind "${handler.topic}" ended: ${action.reason}.`);
        break;
      case "closed":
        this.#left(entry);
        this.#lost(entry, `The server closed "${handler.topic}".`);
        break;
    }
    return true;
  }

  #joined(entry: Topic, response: unknown): void {
    const { handler } = entry;
    this.#options.host.timers.clear(entry.timer);
    entry.timer = undefined;
    entry.joinedMs = this.#options.host.clock.monotonic();
    this.#options.log.info(`Joined "${handler.topic}".`);
    this.#guard(entry, () => {
      handler.joined(response, { push: (event, payload) => this.push(handler.topic, event, payload) });
      if (handler.topic === deviceTopic) this.#options.onJoined();
    });
  }

  #join(entry: Topic): void {
    const { handler } = entry;
    const { timers } = this.#options.host;
    entry.attempts++;
    this.#guard(entry, () =>
      this.#apply(entry, { type: "join", ref: this.#nextRef(), payload: handler.joinPayload() }),
    );
    if (this.#ended) return;
    entry.timer = timers.set(() => this.#unanswered(entry), joinTimeoutMs);
  }

  /** Without the device topic a connection is worth nothing; another one can be tried again beside it. */
  #unanswered(entry: Topic): void {
    const { topic } = entry.handler;
    const text = `The server did not answer the join of "${topic}" within ${joinTimeoutMs / 1000} s.`;
    if (topic === deviceTopic) {
      this.#fail(new Fault("join", "join-timeout", `${text} It is overloaded, or no NervesHub; it is tried again.`));
      return;
    }
    entry.channel = newChannel(topic);
    this.#lost(entry, text);
  }

  #left(entry: Topic): void {
    if (this.#options.host.clock.monotonic() - entry.joinedMs >= lastingJoinMs) entry.attempts = 0;
    this.#guard(entry, () => entry.handler.left());
  }

  /** The topic is gone but the socket lives: join again later, without touching the others. */
  #lost(entry: Topic, why: string): void {
    const { host, log } = this.#options;
    host.timers.clear(entry.timer);
    if (entry.attempts >= maxJoinAttempts && entry.handler.topic === deviceTopic) {
      this.#fail(
        new Fault("join", "join-failed", `${why} This was attempt ${entry.attempts}; a new connection is made.`),
      );
      return;
    }
    const wait = { attempt: entry.attempts, clean: true };
    const delayMs = backoffDelay(defaultBackoff, wait, randomFraction(host.random));
    log.warning(`${why} Joining again in ${Math.ceil(delayMs / 1000)} s.`);
    entry.timer = host.timers.set(() => this.#join(entry), delayMs);
  }

  /** @returns false for "not now"; what can never be sent is dropped, said and over */
  #send(frame: Frame): boolean {
    try {
      this.#socket.sendText(encodeFrame(frame));
      this.#heartbeat?.sent(this.#options.host.clock.monotonic());
      return true;
    } catch (error) {
      const { code, message } = asFault(error, "websocket", "send-failed");
      const { log } = this.#options;
      if (code === "send-queue-full" || code === "not-open") {
        log.warning(`A message could not be sent: ${message}`);
        return false;
      }
      log.error(`The message "${frame.event}" can never be sent and is dropped: ${message}`);
      return true;
    }
  }

  /** Runs a handler. What it throws is logged and ends nothing. */
  #guard({ handler }: Topic, body: () => unknown): void {
    tell(this.#options.log, `The handler of "${handler.topic}"`, body);
  }

  #closed({ code, fault }: Closed): void {
    this.#end({ type: "closed", code, fault, upgraded: this.#heartbeat !== undefined });
  }

  #fail(fault: Fault): void {
    if (this.#ended) return;
    this.#socket.abort();
    this.#end({ type: "closed", code: 1006, fault, upgraded: true });
  }

  #stop(): void {
    this.#ended = true;
    const { timers } = this.#options.host;
    timers.clear(this.#heartbeatTimer);
    for (const entry of this.#topics.values()) {
      timers.clear(entry.timer);
      entry.timer = undefined;
      const { phase } = entry.channel;
      entry.channel = newChannel(entry.handler.topic);
      if (phase === "joined") this.#guard(entry, () => entry.handler.left());
    }
  }

  #end(ended: Ended): void {
    if (this.#ended) return;
    this.#stop();
    this.#options.onEnded(ended);
  }
}
