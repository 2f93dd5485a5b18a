/*
 * Session: all state of one connection. Made when a connection is attempted, dropped when it ends; the next attempt
 * makes a new one. It owns the WebSocket, the topics on it and the heartbeat, and decides nothing about
 * updates or extensions.
 *
 * The rule it guards: `ended` comes exactly once, and after it nothing more happens here.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { decodeFrame, encodeFrame, type Frame } from "../../modules/phoenix/frame.js";
import type { Heartbeat } from "../../modules/phoenix/heartbeat.js";
import type { SecureOptions } from "../../modules/platform/byte-stream.js";
import type { Timer } from "../../modules/platform/timers.js";
import {
  type Closed,
  type UpgradeRefusal,
  WebSocketClient,
  type WebSocketListener,
} from "../../modules/websocket/websocket.js";
import type { Log } from "../log/log.js";
import { deviceTopic, heartbeatEvent, heartbeatTopic } from "../protocol.js";
import type { ChannelHandler } from "./channel-handler.js";
import type { SessionPlatform } from "./session-platform.js";
import { Topic, type TopicOwner } from "./topic.js";

/** Where to connect and as whom. */
export interface Endpoint {
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
  | { readonly type: "refused"; readonly refusal: UpgradeRefusal }
  /** The connection could not be made, or broke, or was closed; with code 1006 when there was no close frame. */
  | {
      readonly type: "closed";
      readonly code: number;
      /** The server's own words, empty without any. */
      readonly reason: string;
      readonly fault?: Fault;
      readonly upgraded: boolean;
    };

/** The owner of a session. */
export interface SessionListener {
  /** The server took the upgrade, with these headers; no join was sent yet. Must not throw. */
  opened(headers: ReadonlyMap<string, string>): void;
  /** The device topic was joined, for the first time or again. */
  joined(): void;
  /** The session is over. Called exactly once, and never after `abort`. */
  ended(ended: Ended): void;
}

export interface SessionOptions {
  platform: SessionPlatform;
  log: Log;
  endpoint: Endpoint;
  /** Property names that may occur in payloads. */
  names: readonly string[];
  /** Knows what earlier sessions have learnt of the path; it begins anew when the socket opens. */
  heartbeat: Heartbeat;
  /** One a topic; "device" must be among them and is joined as soon as the socket is open. */
  handlers: readonly ChannelHandler[];
  listener: SessionListener;
}

/** Name resolution, TCP and TLS together; TLS in XS bytecode takes seconds on an ESP32. */
const connectTimeoutMs = 30000;
/** The server was recorded taking 10 s when its database was slow (platform-unavailable). */
const upgradeTimeoutMs = 30000;
const closeTimeoutMs = 2000;

export class Session implements WebSocketListener, TopicOwner {
  private readonly _options: Omit<SessionOptions, "endpoint">;
  private readonly _topics = new Map<string, Topic>();
  private readonly _socket: WebSocketClient;
  private _ref = 0;
  private _upgraded = false;
  private _heartbeatTimer: Timer | undefined;
  private _ended = false;

  constructor(options: SessionOptions) {
    // The endpoint holds keys and signed headers: the session does not keep it.
    const { endpoint, ...kept } = options;
    const { platform } = kept;
    this._options = kept;
    for (const handler of options.handlers)
      this._topics.set(handler.topic, new Topic(this, handler, handler.topic === deviceTopic));
    this._socket = new WebSocketClient(
      {
        network: platform.network,
        timers: platform.timers,
        random: platform.random,
        crypto: platform.crypto,
        ...endpoint,
        connectTimeoutMs,
        upgradeTimeoutMs,
        closeTimeoutMs,
      },
      this,
    );
  }

  /** Round trip of the last answered heartbeat, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this._upgraded ? this._options.heartbeat.roundTripMs : undefined;
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this._socket.bufferedBytes;
  }

  join(topic: string): void {
    this._topics.get(topic)?.join();
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

  /** The socket is open (WebSocketListener, as the methods that follow). */
  opened(headers: ReadonlyMap<string, string>): void {
    const { platform, heartbeat, listener } = this._options;
    listener.opened(headers);
    this._upgraded = true;
    heartbeat.opened(platform.clock.monotonic());
    this.join(deviceTopic);
    this._beat();
  }

  text(text: string): void {
    if (this._ended) return;
    const { platform, heartbeat } = this._options;
    const now = platform.clock.monotonic();
    heartbeat.received(now);
    let frame: Frame;
    try {
      frame = decodeFrame(text, this._options.names);
    } catch (error) {
      this.fail(asFault(error, "channel", "bad-frame"));
      return;
    }
    if (frame.topic === heartbeatTopic) {
      heartbeat.reply(frame.ref, now);
      return;
    }
    const topic = this._topics.get(frame.topic);
    if (topic === undefined) this._options.log.debug("A message for a topic that is not in use was ignored.");
    else topic.received(frame);
  }

  binary(): void {
    this.fail(new Fault("channel", "binary-frame", "The server sent a binary frame, which vsn 2 has not."));
  }

  refused(refusal: UpgradeRefusal): void {
    this._end({ type: "refused", refusal });
  }

  closed({ code, reason, fault }: Closed): void {
    this._end({ type: "closed", code, reason, fault, upgraded: this._upgraded });
  }

  /** The platform (TopicOwner, as the members that follow). */
  get platform(): SessionPlatform {
    return this._options.platform;
  }

  get log(): Log {
    return this._options.log;
  }

  get isOver(): boolean {
    return this._ended;
  }

  nextRef(): string {
    this._ref++;
    return String(this._ref);
  }

  /** A frame that can never be sent is dropped, logged, and counts as sent. */
  send(frame: Frame): boolean {
    try {
      this._socket.sendText(encodeFrame(frame));
      this._options.heartbeat.sent(this.platform.clock.monotonic());
      return true;
    } catch (error) {
      const { code, message } = asFault(error, "websocket", "send-failed");
      // After a goodbye nothing is sent any more, and nothing is wrong.
      if (code === "not-open") return false;
      if (code === "send-queue-full") {
        this.log.warning(`A message could not be sent: ${message}`);
        return false;
      }
      this.log.error(`The message "${frame.event}" can never be sent and is dropped: ${message}`);
      return true;
    }
  }

  deviceJoined(): void {
    this._options.listener.joined();
  }

  fail(fault: Fault): void {
    if (this._ended) return;
    this._socket.abort();
    this._end({ type: "closed", code: 1006, reason: "", fault, upgraded: true });
  }

  private _beat(): void {
    if (this._ended) return;
    const { platform, heartbeat } = this._options;
    let beat = heartbeat.next(platform.clock.monotonic());
    if (beat.type === "dead") {
      const text = `The server did not answer a heartbeat within ${Math.round(heartbeat.intervalMs / 1000)} s.`;
      this.fail(new Fault("transport", "heartbeat-unanswered", text));
      return;
    }
    if (beat.type === "send") {
      const ref = this.nextRef();
      heartbeat.beat(ref, platform.clock.monotonic());
      this.send({ joinRef: null, ref, topic: heartbeatTopic, event: heartbeatEvent, payload: {} });
      beat = { type: "wait", delayMs: heartbeat.intervalMs };
    }
    // The send may have ended the session.
    if (!this._ended) this._heartbeatTimer = platform.timers.set(() => this._beat(), beat.delayMs);
  }

  private _stop(): void {
    this._ended = true;
    const { timers } = this._options.platform;
    timers.clear(this._heartbeatTimer);
    for (const topic of this._topics.values()) topic.end();
  }

  private _end(ended: Ended): void {
    if (this._ended) return;
    this._stop();
    this._options.listener.ended(ended);
  }
}
