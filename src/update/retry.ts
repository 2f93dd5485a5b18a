/*
 * What to do after a download request failed. Pure.
 *
 * 403 and 404 mean that the signed URL is gone, so asking again is useless and the server will offer the update anew;
 * 408, 429, 5xx and everything that happens to a connection may pass. The waits are those of the Rust agent (5, 15,
 * 45 s) with jitter, and they start anew with every byte that arrives: a slow link is not a dead one.
 */

import { Fault } from "../../modules/fault/fault.js";

const retryDelaysMs: readonly number[] = Object.freeze([5000, 15000, 45000, 45000, 90000, 90000]);

/** A `Retry-After` beyond this puts the update off: meanwhile the server may offer another one. */
export const patienceMs = 120_000;

/** The longest `Retry-After` of a download that is obeyed, in milliseconds: a day, after which a signed URL has expired. */
export const maxDownloadWaitMs = 86_400_000;

/**
 * @param attempt failures since the last received byte, not counting this one
 * @param askedMs the server's `Retry-After`, in milliseconds
 * @param fraction random, 0 to 1
 * @returns wait in milliseconds; undefined to give up
 */
export const retryDelay = (attempt: number, askedMs: number | undefined, fraction: number): number | undefined => {
  if (attempt >= retryDelaysMs.length) return undefined;
  return Math.round(Math.max(askedMs ?? 0, retryDelaysMs[attempt] / 2) + (fraction * retryDelaysMs[attempt]) / 2);
};

/** The fault of an answer without a file. Only "server-busy" is tried again; "url-gone" and "url-refused" end the attempt. */
export const statusFault = (status: number): Fault => {
  if (status === 403 || status === 404 || status === 410) {
    const text = `The download URL answered ${status}: it has expired or the file is gone; a new URL comes with the next offer.`;
    return new Fault("download", "url-gone", text);
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new Fault("download", "server-busy", `The download server answered ${status}; it is asked again.`);
  }
  return new Fault(
    "download",
    "url-refused",
    `The download server answered ${status}; check the storage behind NervesHub.`,
  );
};
