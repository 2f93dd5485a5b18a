/*
 * `Retry-After` (RFC 9110 §10.2.3) of a refused upgrade or download, in both of its forms. Pure.
 */

import { digits, isMadeOf } from "../../modules/text/characters.js";

/** The longest `Retry-After` that is obeyed, in milliseconds: an hour. A device that is told "next week" is lost. */
export const maxRetryAfterMs = 3_600_000;

/**
 * @param header the answer's `Retry-After`: seconds or a date
 * @param date the answer's `Date`: a date in `header` is compared with it, since the device's clock may be wrong
 * @returns least wait in milliseconds, at most an hour; undefined without a usable header
 */
export const retryAfterMs = (header: string | undefined, date: string | undefined): number | undefined => {
  const text = header?.trim() ?? "";
  const isSeconds = text !== "" && isMadeOf(text, digits);
  const waitMs = isSeconds ? Number(text) * 1000 : Date.parse(text) - Date.parse(date ?? "");
  return waitMs >= 0 ? Math.min(waitMs, maxRetryAfterMs) : undefined;
};
