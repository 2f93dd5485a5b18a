/*
 * The recorded exchanges of test/fixtures/transcripts as the replay reads them: one record a line, in order of time.
 */

import { fixture } from "../harness.js";

export interface Recorded {
  /** Milliseconds since the start of the recording. */
  readonly t: number;
  readonly kind: string;
  readonly conn?: string;
  readonly [field: string]: unknown;
}

export function recording(name: string): readonly Recorded[] {
  const text = Buffer.from(fixture(`transcripts/${name}.jsonl`)).toString("utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
}

/** Of the lines of a response. */
export function statusOf(head: readonly string[]): number {
  return Number(head[0].split(" ")[1]);
}

/** The lines of a recorded request or response, names of headers in lower case. */
export function headersOf(head: readonly string[]): Map<string, string> {
  return new Map(
    head.slice(1).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/**
 * When the recording began, ms since 1970, by the server's clock: the earliest moment at which every login that was
 * accepted was not in the future, and every one refused for its age was 90 s old.
 */
export function startOf(records: readonly Recorded[]): number {
  const logins = records.flatMap((record, index) => {
    if (record.kind !== "http.request") return [];
    const signedAt = signedAtOf(headersOf(record["head"] as string[]).get("x-nh-signature"));
    const answer = records.slice(index).find((r) => r.kind === "http.response" && r.conn === record.conn);
    const status = Number((answer?.["head"] as string[] | undefined)?.[0].split(" ")[1]);
    return signedAt === undefined ? [] : [{ begin: signedAt - record.t, status }];
  });
  const accepted = Math.max(...logins.filter(({ status }) => status === 101).map(({ begin }) => begin));
  if (!Number.isFinite(accepted)) return Date.parse("2026-11-21T18:48:00Z");
  const expired = logins.filter(({ status }) => status === 401).map(({ begin }) => begin + 90_000);
  return Math.max(accepted, ...expired.filter((begin) => begin - accepted < 500));
}

/** The time inside a token: the big integer behind the identifier. */
function signedAtOf(token: string | undefined): number | undefined {
  const payload = Buffer.from(token?.split(".")[1] ?? "", "base64url");
  if (payload[3] !== 0x6d) return undefined;
  const at = 8 + payload.readUInt32BE(4);
  return payload[at] === 0x6e && payload[at + 1] === 6 ? payload.readUIntLE(at + 3, 6) : undefined;
}
