/*
 * One WebSocket of one device: Phoenix's rules for refs and topics, the idle limit, and crashes that end a topic but
 * not the socket.
 */

import type { IncomingMessage } from "node:http";
import type { RawData } from "ws";
import type { Timer } from "../../modules/platform/timers.js";
import { type Channel, ChannelCrash, type Reply, type Topic } from "./channel.js";
import { ConsoleChannel } from "./console-channel.js";
import type { Desk } from "./desk.js";
import type { Device } from "./device.js";
import { DeviceChannel } from "./device-channel.js";
import { ExtensionsChannel } from "./extensions-channel.js";
import { decodeBinary, decodeText, encode, type Frame } from "./frames.js";
import type { HubWebSocket } from "./hub-web-socket.js";
import { isText, type Json } from "./json.js";
import { maxUnreadBytes } from "./limits.js";

interface Joined {
  /** Messages must carry this, or null. */
  readonly joinRef: Json;
  /** What the server's own messages carry: the join_ref, or the ref of a join that had none. */
  readonly mark: Json;
  readonly channel: Channel;
}

export class DeviceSocket {
  readonly device: Device;
  /** "http://127.0.0.1:4001", as the device addressed the hub. */
  readonly origin: string;
  readonly #desk: Desk;
  readonly #socket: HubWebSocket;
  readonly #topics = new Map<string, Joined>();
  readonly #gone: () => void;
  #idle: Timer | undefined;
  /** When the device last sent a byte, by the hub's clock. */
  lastByteAt: number;

  /** @param gone called once, when the socket is gone */
  constructor(
    desk: Desk,
    device: Device,
    socket: HubWebSocket,
    request: IncomingMessage,
    origin: string,
    gone: () => void,
  ) {
    this.#desk = desk;
    this.device = device;
    this.origin = origin;
    this.#socket = socket;
    this.#gone = gone;
    this.lastByteAt = desk.settings.clock.now();
    request.socket.on("data", () => {
      this.lastByteAt = desk.settings.clock.now();
    });
    socket.on("message", (data, isBinary) => {
      // What comes behind the hub's own close has no reader any more.
      if (socket.readyState !== socket.OPEN) return;
      try {
        this.#message(data, isBinary);
      } catch (error) {
        this.#defect(error);
      }
    });
    socket.on("error", (error) => this.#say("protocol", `WebSocket error: ${error.message}`));
    socket.on("close", (code) => this.#end(code));
    this.#watch(desk.settings.idleTimeoutMs);
  }

  get deviceChannel(): DeviceChannel | undefined {
    return this.#channel("device", DeviceChannel);
  }

  get extensions(): ExtensionsChannel | undefined {
    return this.#channel("extensions", ExtensionsChannel);
  }

  get console(): ConsoleChannel | undefined {
    return this.#channel("console", ConsoleChannel);
  }

  /** @param code WebSocket close code, sent without a reason as the real server does */
  close(code: number): void {
    this.#socket.end(code);
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  #channel<T extends Channel>(topic: string, kind: new (...args: never[]) => T): T | undefined {
    const channel = this.#topics.get(topic)?.channel;
    return channel instanceof kind ? channel : undefined;
  }

  /** Any byte of the device counts, even one of an unfinished frame; what the hub sends does not. */
  #watch(delayMs: number): void {
    const { timers, clock, idleTimeoutMs } = this.#desk.settings;
    this.#idle = timers.set(() => {
      const left = this.lastByteAt + idleTimeoutMs - clock.now();
      if (left > 0) return this.#watch(left);
      this.#say("idle", `nothing heard for ${idleTimeoutMs / 1000} s: closed with 1002`);
      this.close(1002);
    }, delayMs);
  }

  #message(data: RawData, isBinary: boolean): void {
    const text = isBinary
      ? `(binary) ${JSON.stringify((data as Buffer).toString("latin1"))}`
      : (data as Buffer).toString("utf8");
    this.#desk.frames.add(this.device.identifier, "device", text);
    const frame = isBinary ? decodeBinary(data as Buffer) : decodeText(text);
    if (frame === undefined) {
      this.#say("protocol", "a frame that cannot be decoded: closed with 1011");
      this.close(1011);
      return;
    }
    const { topic, event } = frame;
    if (topic === "phoenix" && event === "heartbeat") {
      this.#reply(null, frame, { status: "ok", response: {} });
      return;
    }
    if (event === "phx_join") {
      this.#join(frame);
      return;
    }
    const joined = isText(topic) ? this.#topics.get(topic) : undefined;
    if (joined === undefined || !isText(topic) || !isText(event)) {
      this.#unjoined(frame);
      return;
    }
    if (frame.joinRef !== null && frame.joinRef !== joined.joinRef) {
      this.#say("stale", `${topic} ${String(event)} with a stale join_ref is dropped`);
      return;
    }
    if (event === "phx_leave") {
      this.#leave(topic, joined, frame);
      return;
    }
    this.#guard(topic, joined, () => {
      const reply = joined.channel.receive(event, frame.payload);
      if (reply !== undefined) this.#reply(joined.mark, frame, reply);
    });
  }

  /** Not the device's fault: what the real server would crash on is a ChannelCrash. The hub lives on. */
  #defect(error: unknown): void {
    this.#say(
      "defect",
      `the hub has a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.close(1011);
  }

  #unjoined(frame: Frame): void {
    if (frame.event === "phx_leave") {
      this.#reply(frame.joinRef, frame, { status: "ok", response: {} });
      return;
    }
    this.#say("unmatched", `${String(frame.event)} on topic ${String(frame.topic)}, which is not joined`);
    this.#reply(null, frame, { status: "error", response: { reason: "unmatched topic" } });
  }

  #join(frame: Frame): void {
    const { topic, joinRef, ref } = frame;
    const mark = joinRef ?? ref;
    let joined: Joined | undefined;
    const send = (first: Json, event: string, payload: Json) => {
      if (joined !== undefined && this.#topics.get(topic as string) === joined) {
        this.#send(encode(first, null, topic as string, event, payload));
      }
    };
    const channel = this.#make(topic, {
      push: (event, payload) => send(mark, event, payload),
      broadcast: (event, payload) => send(null, event, payload),
    });
    if (channel === undefined || !isText(topic)) {
      this.#unjoined(frame);
      return;
    }
    const former = this.#topics.get(topic);
    this.#topics.delete(topic);
    former?.channel.ended();
    let reply: Reply;
    try {
      reply = channel.join(frame.payload);
    } catch (error) {
      if (!(error instanceof ChannelCrash)) throw error;
      this.#say("crash", `join of ${topic} crashed: ${error.message}`);
      reply = { status: "error", response: { reason: "join crashed" } };
    }
    if (reply.status === "ok") {
      joined = { joinRef, mark, channel };
      this.#topics.set(topic, joined);
    }
    this.#reply(joinRef, frame, reply);
    // The end of a former join is told behind the reply to the new one, which may have failed.
    if (former !== undefined) this.#closed(topic, former);
    if (joined !== undefined) this.#guard(topic, joined, () => channel.joined());
  }

  #make(topic: Json, link: Topic): Channel | undefined {
    switch (topic) {
      case "device":
        return new DeviceChannel(this.#desk, this.device, link);
      case "extensions":
        return new ExtensionsChannel(this.#desk, this.device, link);
      case "console":
        return new ConsoleChannel(this.#desk, this.device, link);
      default:
        return undefined;
    }
  }

  #leave(topic: string, joined: Joined, frame: Frame): void {
    this.#topics.delete(topic);
    joined.channel.ended();
    this.#reply(joined.mark, frame, { status: "ok", response: {} });
    this.#closed(topic, joined);
  }

  #closed(topic: string, joined: Joined): void {
    this.#send(encode(joined.mark, joined.mark, topic, "phx_close", {}));
  }

  /** Runs a channel's code; a crash ends its topic and nothing else. */
  #guard(topic: string, joined: Joined, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof ChannelCrash)) throw error;
      this.#topics.delete(topic);
      joined.channel.ended();
      this.#say("crash", `topic ${topic} crashed: ${error.message}`);
      this.#send(encode(joined.mark, joined.mark, topic, "phx_error", { reason: "channel_crash" }));
    }
  }

  #reply(joinRef: Json, frame: Frame, { status, response }: Reply): void {
    this.#send(JSON.stringify([joinRef, frame.ref, frame.topic, "phx_reply", { status, response }]));
  }

  /** Who asks and does not read would have its answers pile up here. */
  #send(text: string): void {
    this.#desk.frames.add(this.device.identifier, "hub", text);
    if (this.#socket.bufferedAmount <= maxUnreadBytes) this.#socket.send(text);
    else if (this.#socket.readyState === this.#socket.OPEN) {
      this.#say(
        "protocol",
        `the device does not read: ${this.#socket.bufferedAmount} bytes wait, the connection is cut`,
      );
      this.terminate();
    }
  }

  #end(code: number): void {
    this.#desk.settings.timers.clear(this.#idle);
    for (const { channel } of this.#topics.values()) channel.ended();
    this.#topics.clear();
    this.#say("disconnected", `connection closed with ${code}`);
    this.#gone();
  }

  #say(kind: string, text: string): void {
    this.#desk.timeline.add(this.device.identifier, kind, text);
  }
}
