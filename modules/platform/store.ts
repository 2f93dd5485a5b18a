/*
 * Store: small values that outlive a power cut.
 *
 * The rule it guards: a `set` that was interrupted leaves the old value, never neither and never a mixture. Hosts keep
 * two alternating copies with a counter and a checksum (NVS alone erases before it writes).
 */

/** One value. The largest is the record of an update under way, which holds a signed download URL (well over 1 kB). */
export const maxStoreValueBytes = 2048;

export interface Store {
  /** The value last set completely, or undefined. `key`: at most 13 characters of a-z, 0-9 and "-" (NVS allows 15). */
  get(key: string): Uint8Array | undefined;
  /** At most 2048 bytes (a signed download URL must fit). @throws Fault of stage "store" when the medium fails. */
  set(key: string, value: Uint8Array): void;
  delete(key: string): void;
}
