/*
 * A random fraction for jitter, from the host's strong generator: Math.random yields the same sequence in every run of
 * the simulator, and a fleet that starts alike must not wait alike.
 */

import type { Random } from "../../modules/platform/random.js";

/** @returns 0 (included) to 1 (excluded), 32 bits */
export const randomFraction = (random: Random): number => {
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return (bytes[0] * 0x1000000 + ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3])) / 0x100000000;
};
