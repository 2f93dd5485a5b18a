/*
 * `Retry-After` (RFC 9110 §10.2.3) of a refused upgrade or download, in both of its forms. Pure.
 */

import { digits, isMadeOf } from "../../modules/text/characters.js";

/** The longest `Retry-After` of an upgrade that is obeyed, in milliseconds: an hour. A device that is told "next week" is lost. */
export const maxRetryAfterMs = 3_600_000;

/** Characters of an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT": the form in which servers send dates. */
const dateLength = 29;

/** Seconds, with a fraction or without, which is no number by RFC 9110 and is sent all the same; NaN for anything else. */
const secondsOf = (text: string): number => {
  const [whole, fraction = ""] = text.split(".");
  return whole !== "" && isMadeOf(whole + fraction, digits) ? Number(text) : Number.NaN;
};

/**
 * @param headers of the answer. `Retry-After` is seconds or a date; of one that came twice the longer wait counts. A date is
 *   compared with the answer's `Date`, since the device's clock may be wrong
 * @param nowMs the device's clock, for a date without a `Date` beside it; undefined while it is unknown
 * @param mostMs the longest wait that is obeyed
 * @returns least wait in milliseconds; undefined without a usable header
 */
export const retryAfterMs = (
  headers: ReadonlyMap<string, string>,
  nowMs: number | undefined,
  mostMs: number,
): number | undefined => {
  const text = headers.get("retry-after")?.trim() ?? "";
  const seconds = text.split(",").map((one) => secondsOf(one.trim()));
  if (!Number.isNaN(seconds[0])) return Math.min(Math.max(...seconds.filter((one) => one >= 0)) * 1000, mostMs);
  const said = Date.parse(headers.get("date") ?? "");
  const from = Number.isNaN(said) ? (nowMs ?? Number.NaN) : said;
  const whole = Date.parse(text);
  const waitMs = (Number.isNaN(whole) ? Date.parse(text.slice(0, dateLength)) : whole) - from;
  return waitMs >= 0 ? Math.min(waitMs, mostMs) : undefined;
};
