/*
 * The request of an SNTP client (RFC 4330 §5). Pure.
 *
 * Its transmit timestamp is a random number, which says nothing about this device. Servers send it back without looking at
 * it, so an answer that holds it comes from somebody who has seen the request.
 */

import type { Random } from "../platform/random.js";

export const packetBytes = 48;
/** Offset of the transmit timestamp: the random number in a request. */
export const transmitOffset = 40;
/** Offset of the originate timestamp: where an answer must hold the random number. */
export const originOffset = 24;
/** Bytes of the random number. */
export const cookieBytes = 8;

/** Version 4, mode 3 (client). */
const header = 0x23;

export const sntpRequest = (random: Random): Uint8Array => {
  const request = new Uint8Array(packetBytes);
  request[0] = header;
  random.fill(request.subarray(transmitOffset, transmitOffset + cookieBytes));
  return request;
};
