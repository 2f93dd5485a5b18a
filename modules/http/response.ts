/*
 * What a download is told about its response, and the header that says which part of a file it is.
 */

import { decimal } from "../text/characters.js";

export interface HttpResponse {
  status: number;
  reason: string;
  /** Names in lower case; repeated ones joined by ", ". */
  headers: Map<string, string>;
  /** Bytes of this body, when the server says so. Of a partial response: of the part. */
  length: number | undefined;
  /** `Content-Range` of a 206: first and last byte, and the size of the whole when the server says so. */
  contentRange: { from: number; to: number; total: number | undefined } | undefined;
}

/** RFC 9110 §14.4; undefined for anything but one range of bytes. */
export const contentRange = (text: string): HttpResponse["contentRange"] => {
  const unit = "bytes ";
  const dash = text.indexOf("-");
  const slash = text.indexOf("/");
  if (text.slice(0, unit.length).toLowerCase() !== unit || dash < 0 || slash < dash) return undefined;
  const from = decimal(text.slice(unit.length, dash), 15);
  const to = decimal(text.slice(dash + 1, slash), 15);
  const size = text.slice(slash + 1);
  const total = decimal(size, 15);
  if (from === undefined || to === undefined || (total === undefined && size !== "*")) return undefined;
  return { from, to, total };
};
