/*
 * SNTP answer: whether a datagram answers our request, and which time it tells (RFC 4330 §5, RFC 5905 §7 and §A.5.1.1).
 * Pure.
 *
 * The rule it guards: a datagram from a sender that has not seen the request is ignored, so that nobody off the path can
 * spoil the exchange. Of any other sender a time is believed only when the sender claims to know it and it lies within the
 * bounds. SNTP proves nothing: somebody on the path can still tell any time between the bounds.
 */

import type { TimeBounds } from "../platform/clock.js";
import { cookieBytes, originOffset, packetBytes, transmitOffset } from "./request.js";
import { betweenMs, isUnset, readTimestamp, unixMs } from "./timestamp.js";

/** Error that a time server may claim for itself: MAXDISP of RFC 5905 §A.5.1.1. Windows' servers claim up to 10 s. */
export const maxRootDistanceMs = 16_000;

export type SntpAnswer =
  /** The datagram does not answer this request: the wait goes on. */
  | { readonly type: "foreign" }
  /** The answer is not to be used. `why` is the end of a sentence about the server. */
  | { readonly type: "refused"; readonly why: string }
  /** A kiss-o'-death packet (RFC 5905 §7.4): the server does not want to be asked so, or at all. */
  | { readonly type: "kiss"; readonly code: string }
  | {
      readonly type: "time";
      /** When the server sent the answer, in milliseconds since 1970. */
      readonly sentMs: number;
      /** Milliseconds that the server held the request before it answered. */
      readonly heldMs: number;
    };

const referenceOffset = 16;
const receiveOffset = 32;
const modeServer = 4;
const leapUnknown = 3;
const stratumUnsynchronized = 16;

const refused = (why: string): SntpAnswer => ({ type: "refused", why });

/** The four letters of a kiss code; any other byte becomes "?", since it must not reach a console. */
const kissCode = (packet: DataView): string => {
  let code = "";
  for (let at = 12; at < 16; at++) {
    const byte = packet.getUint8(at);
    code += byte >= 0x41 && byte <= 0x5a ? String.fromCharCode(byte) : "?";
  }
  return code;
};

/** Milliseconds of an NTP short (seconds in 16.16 bits). A negative delay, which RFC 4330 allows, becomes a huge one. */
const shortMs = (packet: DataView, offset: number): number => {
  return (packet.getUint32(offset) / 65536) * 1000;
};

/**
 * @param datagram the datagram as received
 * @param request the request as sent, see `sntpRequest`
 * @param bounds the time must lie between them; they are less than 136 years apart, so that they tell the NTP era
 */
export const readAnswer = (datagram: Uint8Array, request: Uint8Array, bounds: TimeBounds): SntpAnswer => {
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
