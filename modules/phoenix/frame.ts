/*
 * Phoenix v2 JSON frames: [join_ref, ref, topic, event, payload] (phoenix/socket/serializers/v2_json_serializer.ex).
 *
 * Only the shape of a frame is checked here. The channel judges what an event means and whether its join_ref is current.
 */

import { Fault } from "../fault/fault.js";
import { parseJson } from "../json/parse.js";
import { stringifyJson } from "../json/stringify.js";

export interface Frame {
  /** Ref of the join that the frame belongs to; null in broadcasts of the server and in heartbeats. */
  joinRef: string | null;
  /** Ref that pairs a reply with its request; null in pushes of the server. */
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}

// The events of the Phoenix protocol itself.
export const phxJoin = "phx_join";
export const phxReply = "phx_reply";
export const phxError = "phx_error";
export const phxClose = "phx_close";

/** The JSON text of a frame, without the characters that the server cannot take (modules/json/stringify.ts). */
export const encodeFrame = (frame: Frame): string => {
  return stringifyJson([frame.joinRef, frame.ref, frame.topic, frame.event, frame.payload]);
};

const isRef = (value: unknown): value is string | null => {
  return value === null || typeof value === "string";
};

/**
 * @param text one text message
 * @param names property names to keep in the payload (see modules/json/parse.ts)
 * @throws Fault of stage "channel": "bad-json", "json-too-deep" or "bad-frame"
 */
export const decodeFrame = (text: string, names: readonly string[]): Frame => {
  const value = parseJson(text, names);
  if (Array.isArray(value) && value.length === 5) {
    const [joinRef, ref, topic, event, payload] = value as unknown[];
    if (isRef(joinRef) && isRef(ref) && typeof topic === "string" && typeof event === "string") {
      return { joinRef, ref, topic, event, payload };
    }
  }
  throw new Fault("channel", "bad-frame", "The server sent a message that is not a Phoenix v2 frame.");
};
