/*
 * What a topic is to the socket: something that is joined, takes events, and may crash. A crash ends the topic and
 * nothing else, just as a crashed channel process does on the real server.
 */

import type { Json } from "./json.js";

/** What the device would see as `phx_error`; the message is for the developer at the desk. */
export class ChannelCrash extends Error {}

export interface Reply {
  readonly status: "ok" | "error";
  readonly response: Json;
}

/** What a channel may do with its topic. */
export interface Topic {
  /** Sent by the channel itself: carries the join_ref. */
  push(event: string, payload: Json): void;
  /** Sent by pub/sub on the real server: both refs null. */
  broadcast(event: string, payload: Json): void;
}

export interface Channel {
  /** @throws ChannelCrash for a payload that crashes the join on the real server */
  join(payload: Json): Reply;
  /** Called once the reply to the join is out. */
  joined(): void;
  /** @returns undefined for no reply, which is the rule
   *  @throws ChannelCrash for what crashes the channel on the real server */
  receive(event: string, payload: Json): Reply | undefined;
  /** The topic is over: left, replaced, crashed, or the socket is gone. */
  ended(): void;
}
