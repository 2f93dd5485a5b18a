/*
 * How long to wait before the next attempt. Pure; the random fraction is an argument.
 *
 * Full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog): random(0, min(cap, base · 2^attempt)). With a
 * cap of 60 s it brings 10,000 devices back in about 140 s after an outage, where a fixed schedule needs 100 minutes
 * (test/src/connection/backoff.test.ts runs that storm).
 */

import type { Random } from "../../modules/platform/random.js";

export interface BackoffOptions {
  /** Milliseconds; default 1,000. */
  baseMs: number;
  /** Milliseconds; default 60,000. */
  capMs: number;
  /**
   * Least wait after a clean close, in milliseconds; default 1,000. A server that drains closes everybody politely
   * within milliseconds, and full jitter alone may answer with no wait at all.
   */
  cleanCloseFloorMs: number;
}

export const defaultBackoff: BackoffOptions = Object.freeze({ baseMs: 1000, capMs: 60000, cleanCloseFloorMs: 1000 });

export interface Wait {
  /** Attempts that failed since the last accepted join; 0 for the first wait. */
  attempt: number;
  /** The connection ended with a close handshake. */
  clean: boolean;
  /** What the server asked for by Retry-After, in milliseconds. */
  retryAfterMs?: number;
}

/**
 * @param fraction random, 0 (included) to 1 (excluded)
 * @returns milliseconds
 */
export const backoffDelay = (options: BackoffOptions, wait: Wait, fraction: number): number => {
  // 2^30 is beyond any cap; the exponent is bounded so that the product stays finite.
  const spread = Math.min(options.capMs, options.baseMs * 2 ** Math.min(wait.attempt, 30));
  const floor = Math.max(wait.clean ? options.cleanCloseFloorMs : 0, wait.retryAfterMs ?? 0);
  return Math.round(floor + fraction * spread);
};

/**
 * Random fraction for jitter, from the platform's strong generator: Math.random yields the same sequence in every run of the
 * simulator, and devices of a fleet that start alike must not wait alike.
 * @returns 0 (included) to 1 (excluded), 32 bits
 */
export const randomFraction = (random: Random): number => {
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return (bytes[0] * 0x1000000 + ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3])) / 0x100000000;
};
