/*
 * Validators: what tells two versions of a file apart where nothing better does (RFC 9110 §8.8), for servers that announce no
 * checksum. Pure.
 *
 * Two nodes of a CDN may call one file differently: a strong tag here and a weak one there, times that are a second off. Only
 * what two answers both have is compared.
 */

export interface Validators {
  /** Without the mark of a weak one. */
  readonly etag: string | undefined;
  /** Milliseconds since 1970, NaN for none. */
  readonly modifiedMs: number;
}

/** Nodes that fetched a file from one origin round its time differently. */
const sameTimeMs = 2000;

export const validatorsOf = (headers: ReadonlyMap<string, string>): Validators => {
  const etag = headers.get("etag")?.trim();
  return {
    etag: etag?.startsWith("W/") ? etag.slice(2) : etag,
    modifiedMs: Date.parse(headers.get("last-modified") ?? ""),
  };
};

/** Whether they are of two versions. Without a common validator they are not known to be. */
export const changed = (a: Validators | undefined, b: Validators | undefined): boolean => {
  if (a === undefined || b === undefined) return false;
  if (a.etag !== undefined && b.etag !== undefined) return a.etag !== b.etag;
  return Math.abs(a.modifiedMs - b.modifiedMs) > sameTimeMs;
};
