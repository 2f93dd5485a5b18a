/*
 * One Phoenix channel as a pure state machine: (channel, input) → channel and actions. It has no socket, no timer and no
 * ref counter: the caller owns those and carries the actions out.
 *
 * The rule it guards: a frame that belongs to an older join never touches the current one. After a second join of a
 * topic the server answers the new join first and closes the old one afterwards, so a close must be compared with the
 * current join_ref before it is believed.
 */

import { fieldsOf } from "../json/fields.js";
import { type Frame, phxClose, phxError, phxJoin, phxReply } from "./frame.js";

export type ChannelPhase = "closed" | "joining" | "joined";

export interface Channel {
  readonly topic: string;
  readonly phase: ChannelPhase;
  /** Ref of the current join; null while closed. */
  readonly joinRef: string | null;
}

export type ChannelInput =
  /** Joins, or joins again: the newer join replaces the older one. */
  | { readonly type: "join"; readonly ref: string; readonly payload: object }
  | { readonly type: "push"; readonly ref: string; readonly event: string; readonly payload: object }
  /** A frame from the server with this channel's topic. */
  | { readonly type: "frame"; readonly frame: Frame };

export type ChannelAction =
  | { readonly type: "send"; readonly frame: Frame }
  | { readonly type: "joined"; readonly response: unknown }
  /** The join was answered with an error; the channel is closed. */
  | { readonly type: "refused"; readonly response: unknown }
  /** A reply to a push. */
  | { readonly type: "reply"; readonly ref: string; readonly status: string; readonly response: unknown }
  | { readonly type: "message"; readonly event: string; readonly payload: unknown }
  /** The channel's process on the server died: phx_error, or a reply that knows no such join. The topic can be joined again. */
  | { readonly type: "crashed"; readonly response: unknown }
  /** phx_close: an orderly end. */
  | { readonly type: "closed" };

export interface Step {
  readonly channel: Channel;
  readonly actions: readonly ChannelAction[];
}

export const newChannel = (topic: string): Channel => {
  return { topic, phase: "closed", joinRef: null };
};

/** Phoenix's answer to a message on a topic that the socket has not joined. */
const isUnmatched = (response: unknown): boolean => fieldsOf(response)["reason"] === "unmatched topic";

const unchanged = (channel: Channel): Step => {
  return { channel, actions: [] };
};

const closed = (channel: Channel, action: ChannelAction): Step => {
  return { channel: newChannel(channel.topic), actions: [action] };
};

/** @returns the channel after `input`, and the actions that the caller now carries out, in their order */
export const step = (channel: Channel, input: ChannelInput): Step => {
  switch (input.type) {
    case "join": {
      const { ref, payload } = input;
      const frame: Frame = { joinRef: ref, ref, topic: channel.topic, event: phxJoin, payload };
      return { channel: { ...channel, phase: "joining", joinRef: ref }, actions: [{ type: "send", frame }] };
    }
    case "push": {
      if (channel.phase !== "joined") return unchanged(channel);
      const { ref, event, payload } = input;
      const frame: Frame = { joinRef: channel.joinRef, ref, topic: channel.topic, event, payload };
      return { channel, actions: [{ type: "send", frame }] };
    }
    case "frame":
      return receive(channel, input.frame);
  }
};

const receive = (channel: Channel, frame: Frame): Step => {
  const { joinRef, ref, event, payload } = frame;
  if (event === phxReply) return receiveReply(channel, frame);
  // A broadcast has a null join_ref; any other frame must belong to the current join.
  if (channel.phase === "closed" || (joinRef !== null && joinRef !== channel.joinRef)) return unchanged(channel);
  switch (event) {
    case phxError:
      // Older Phoenix sends phx_error without a join_ref, and the join's ref as its ref.
      if (joinRef === null && ref !== channel.joinRef) return unchanged(channel);
      return closed(channel, { type: "crashed", response: payload });
    case phxClose:
      if (joinRef === null && ref !== channel.joinRef) return unchanged(channel);
      return closed(channel, { type: "closed" });
    default:
      // A broadcast before the join's reply is dropped: the server does not promise any broadcast before the reply.
      if (channel.phase !== "joined") return unchanged(channel);
      return { channel, actions: [{ type: "message", event, payload }] };
  }
};

const receiveReply = (channel: Channel, frame: Frame): Step => {
  const { joinRef, ref } = frame;
  const { status, response } = (frame.payload ?? {}) as { status?: unknown; response?: unknown };
  if (ref === null || typeof status !== "string" || channel.phase === "closed") return unchanged(channel);
  if (ref === channel.joinRef && channel.phase === "joining") {
    if (status === "ok") {
      return { channel: { ...channel, phase: "joined" }, actions: [{ type: "joined", response }] };
    }
    return closed(channel, { type: "refused", response });
  }
  if (joinRef === null && status === "error" && isUnmatched(response)) {
    // The server does not know this join any more, for instance because its phx_error was lost.
    return channel.phase === "joined" ? closed(channel, { type: "crashed", response }) : unchanged(channel);
  }
  if (joinRef !== channel.joinRef || channel.phase !== "joined") return unchanged(channel);
  return { channel, actions: [{ type: "reply", ref, status, response }] };
};
