/*
 * Random: cryptographically strong bytes. Masks, keys, nonces and jitter all come from here.
 */

export interface Random {
  /** Fills the whole view. */
  fill(into: Uint8Array): void;
}
