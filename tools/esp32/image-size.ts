/*
 * Image size: the flash that the linked byte code of an image takes. The SDK's linker writes it as one C file, mc.xs.c; the
 * slots, the byte code, and the names and texts in it are counted. Compiled, it is 4 to 6 % larger (RISC-V, -Os; measured).
 */

/** Bytes of a slot of a 32-bit XS. */
const SLOT_BYTES = 16;

export interface ImageSize {
  readonly slots: number;
  /** Bytes. */
  readonly code: number;
  /** Bytes of names and texts, each counted once, as the linker of C does. */
  readonly texts: number;
  /** Bytes. */
  readonly total: number;
}

/** Bytes of a text in mc.xs.c. The linker ends a literal after each escape and begins another: "\xe2""\x80""…". */
const bytesOf = (literal: string): number =>
  literal.replace(/\\x[0-9a-f]{2}|\\[0-7]{1,3}|\\./gi, "x").replaceAll('""', "").length;

/** @param linked content of mc.xs.c @throws Error for anything else */
export function imageSize(linked: string): ImageSize {
  const count = /^#define mxHeapCount (\d+)/m.exec(linked)?.[1];
  if (count === undefined) throw new Error("not a file of the linker: it has no mxHeapCount");
  let code = 0;
  for (const [, size] of linked.matchAll(/^static const txU1 gxCode\d+\[(\d+)\];/gm)) code += Number(size);
  const texts = new Set<string>();
  for (const [, cast, literal] of linked.matchAll(/(\(txByte\*\))?"((?:[^"\\]|\\.|"")*)"/g)) {
    if (cast !== undefined) code += bytesOf(literal);
    else texts.add(literal);
  }
  let textBytes = 0;
  for (const text of texts) textBytes += bytesOf(text) + 1;
  const slots = Number(count);
  return { slots, code, texts: textBytes, total: slots * SLOT_BYTES + code + textBytes };
}
