/*
 * A Range header as storage providers read it: one range of bytes, the end clipped; several ranges or nonsense count as
 * none. RFC 9110 §14.2.
 */

/** Both inclusive, within the file. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** @returns undefined for the whole file, "beyond" for a start at or behind the end */
export function rangeOf(header: string | undefined, size: number): ByteRange | "beyond" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || match[0] === "bytes=-") return undefined;
  const [, from, to] = match;
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "beyond" : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (first >= size) return "beyond";
  return last < first ? undefined : { first, last };
}
