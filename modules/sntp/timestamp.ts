/*
 * NTP's timestamps (RFC 5905 §6): 32 bits of seconds since 1900 and 32 bits of their fraction. Pure.
 *
 * The seconds end on 2036-02-07 and begin anew, and no bit tells the era. So a timestamp alone is ambiguous: it becomes a
 * time only together with a moment that lies less than 136 years before it.
 */

export interface Timestamp {
  /** Unsigned. */
  readonly seconds: number;
  /** Fraction of a second, in units of 2^-32, unsigned. */
  readonly fraction: number;
}

/** Milliseconds from 1900-01-01 to 1970-01-01. */
const from1900To1970Ms = 2_208_988_800_000;
/** Milliseconds until the seconds begin anew. */
const eraMs = 2 ** 32 * 1000;

export const readTimestamp = (packet: DataView, offset: number): Timestamp => {
  return { seconds: packet.getUint32(offset), fraction: packet.getUint32(offset + 4) };
};

/** Whether the timestamp is zero, which means "no time" and not a moment in 1900 or 2036. */
export const isUnset = ({ seconds, fraction }: Timestamp): boolean => {
  return seconds === 0 && fraction === 0;
};

/** @returns milliseconds from `from` to `to`, negative when `to` is earlier; right while both are less than 68 years apart */
export const betweenMs = (from: Timestamp, to: Timestamp): number => {
  return ((to.seconds - from.seconds) | 0) * 1000 + ((to.fraction - from.fraction) / 2 ** 32) * 1000;
};

/** @returns the first moment from `earliestMs` on that the timestamp can mean, both in milliseconds since 1970 */
export const unixMs = ({ seconds, fraction }: Timestamp, earliestMs: number): number => {
  const firstEraMs = seconds * 1000 + (fraction / 2 ** 32) * 1000 - from1900To1970Ms;
  return firstEraMs + Math.ceil((earliestMs - firstEraMs) / eraMs) * eraMs;
};
