/*
 * Comparison of bytes. It is not for secrets: it takes longer the more bytes agree.
 */

/** Whether both are there and hold the same bytes. In DER that is equality of values, since a value has one encoding. */
export const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean => {
  if (a === undefined || b === undefined || a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
};
