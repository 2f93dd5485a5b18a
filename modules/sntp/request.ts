/*
 * The question of an SNTP client (RFC 4330 §5). Pure.
 *
 * Its transmit timestamp is a random number. Servers send it back without looking at it, so it may say nothing about this
 * device, and an answer that holds it comes from somebody who has seen the question.
 */

import type { Random } from "../platform/random.js";

export const packetBytes = 48;
/** Where the question has its random number, and where the answer must have it. */
export const transmitOffset = 40;
export const originOffset = 24;
export const cookieBytes = 8;

/** Version 4, mode 3 (client). */
const header = 0x23;

export const sntpRequest = (random: Random): Uint8Array => {
  const request = new Uint8Array(packetBytes);
  request[0] = header;
  random.fill(request.subarray(transmitOffset, transmitOffset + cookieBytes));
  return request;
};
