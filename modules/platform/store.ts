/*
 * Store: small values that outlive a power cut.
 *
 * The rule it guards: after a `set` that was interrupted, `get` gives the old value: not nothing, and not a mixture. Hosts
 * keep two alternating copies with a counter and a checksum (NVS alone erases before it writes).
 */

/** Bytes of one value. The largest is the record of an update under way, which holds a signed URL (well over 1 kB). */
export const maxStoreValueBytes = 2048;

export interface Store {
  /**
   * @param key at most 13 characters of a-z, 0-9 and "-" (NVS allows 15)
   * @returns the value that was last set completely, or undefined
   */
  get(key: string): Uint8Array | undefined;
  /** @param value at most `maxStoreValueBytes` @throws Fault of stage "store" when the medium fails */
  set(key: string, value: Uint8Array): void;
  delete(key: string): void;
}
