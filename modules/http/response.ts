/*
 * What a download is told about its response, and the header that says which part of a file it is.
 */

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
export const contentRange = (text: string | undefined): HttpResponse["contentRange"] => {
  const parts = /^bytes ([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15}|\*)$/i.exec(text ?? "");
  if (!parts) return undefined;
  return { from: Number(parts[1]), to: Number(parts[2]), total: parts[3] === "*" ? undefined : Number(parts[3]) };
};
