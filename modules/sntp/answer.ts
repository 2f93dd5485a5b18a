/*
 * Is this datagram an answer to our question, and is what it says a time? (RFC 4330 §5, RFC 5905 §7 and §A.5.1.1.) Pure.
 *
 * The rule it guards: whoever has not seen the question is not heard at all, so that nobody can spoil it from elsewhere;
 * whoever has is believed only a time that it claims to know, and only within bounds. SNTP proves nothing: somebody on
 * the path can still say any time between the bounds.
 */

import type { TimeBounds } from "../platform/clock.js";
import { cookieBytes, originOffset, packetBytes, transmitOffset } from "./request.js";
import { betweenMs, isUnset, readTimestamp, unixMs } from "./timestamp.js";

/** How wrong a time server may be by its own word: MAXDISP of RFC 5905 §A.5.1.1. Windows' servers say up to 10 s. */
export const maxRootDistanceMs = 16_000;

export type Answer =
  /** No answer to this question: the wait goes on. */
  | { readonly type: "foreign" }
  /** Not to be used. `why` is the end of a sentence about the server. */
  | { readonly type: "refused"; readonly why: string }
  /** The server wants something else than to be asked: RFC 5905 §7.4. */
  | { readonly type: "kiss"; readonly code: string }
  | {
      readonly type: "time";
      /** When the server sent it, milliseconds since 1970. */
      readonly sentMs: number;
      /** How long the server had the question. */
      readonly heldMs: number;
    };

const referenceOffset = 16;
const receiveOffset = 32;
const modeServer = 4;
const leapUnknown = 3;
const stratumUnsynchronized = 16;

const refused = (why: string): Answer => ({ type: "refused", why });

/** Four letters; whatever else stands there must not reach a console. */
const kissCode = (packet: DataView): string => {
  let code = "";
  for (let at = 12; at < 16; at++) {
    const byte = packet.getUint8(at);
    code += byte >= 0x41 && byte <= 0x5a ? String.fromCharCode(byte) : "?";
  }
  return code;
};

/** Seconds in 16.16 bits. A negative delay, which RFC 4330 allows, comes out as far too large, which it is. */
const shortMs = (packet: DataView, offset: number): number => {
  return (packet.getUint32(offset) / 65536) * 1000;
};

/**
 * @param datagram as it came
 * @param request as it was sent, see `sntpRequest`
 * @param bounds between which the time must lie; less than 136 years apart, so that they tell the era
 */
export const readAnswer = (datagram: Uint8Array, request: Uint8Array, bounds: TimeBounds): Answer => {
  if (datagram.byteLength < packetBytes) return { type: "foreign" };
  for (let i = 0; i < cookieBytes; i++)
    if (datagram[originOffset + i] !== request[transmitOffset + i]) return { type: "foreign" };
  const packet = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const [leap, version, mode] = [datagram[0] >> 6, (datagram[0] >> 3) & 7, datagram[0] & 7];
  if (mode !== modeServer) return refused(`it does not answer as a server (mode ${mode})`);
  if (version !== 3 && version !== 4) return refused(`it speaks another version of NTP (${version})`);
  const stratum = datagram[1];
  if (stratum === 0) return { type: "kiss", code: kissCode(packet) };
  if (leap === leapUnknown || stratum >= stratumUnsynchronized) return refused("it does not know the time itself");
  const distanceMs = shortMs(packet, 4) / 2 + shortMs(packet, 8);
  if (distanceMs >= maxRootDistanceMs) return refused(`it may be wrong by ${Math.round(distanceMs / 1000)} s`);
  const reference = readTimestamp(packet, referenceOffset);
  const received = readTimestamp(packet, receiveOffset);
  const sent = readTimestamp(packet, transmitOffset);
  if (isUnset(received) || isUnset(sent)) return refused("it sent no time");
  const heldMs = betweenMs(received, sent);
  if (heldMs < 0 || (!isUnset(reference) && betweenMs(reference, sent) < 0)) return refused("its times disagree");
  const sentMs = unixMs(sent, bounds.earliestMs);
  if (sentMs > bounds.latestMs) return refused("its time lies before this software was built or far beyond it");
  return { type: "time", sentMs, heldMs };
};
