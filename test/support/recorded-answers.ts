/*
 * The HTTP answers of the recorded exchanges, as the connection side meets them. Portable, unlike the replay of
 * test/tools/hub.
 */

import { fromBase64 } from "../../modules/text/base64.js";
import { decodeUtf8 } from "../../modules/text/utf8.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import { fixture } from "./harness.js";

export interface RecordedAnswer {
  /** What the recording says about the request. */
  note: string;
  refusal: UpgradeRefusal;
  /** The second inside the request's token; undefined when it had none. */
  signedAt: number | undefined;
}

interface Recorded {
  kind: string;
  conn?: string;
  text?: string;
  head?: string[];
  body?: string;
}

function headersOf(head: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.slice(1)) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** The milliseconds behind the identifier of {identifier, time, age}: SMALL_BIG_EXT of six bytes, or smaller forms. */
function signedAtOf(token: string | undefined): number | undefined {
  const term = token === undefined ? undefined : fromBase64(token.split(".")[1] ?? "");
  if (term === undefined || term[3] !== 0x6d) return undefined;
  const at = 8 + (term[6] << 8) + term[7];
  if (term[at] === 0x62)
    return ((term[at + 1] << 24) | (term[at + 2] << 16) | (term[at + 3] << 8) | term[at + 4]) / 1000;
  if (term[at] !== 0x6e) return undefined;
  let ms = 0;
  for (let i = term[at + 1] - 1; i >= 0; i--) ms = ms * 256 + term[at + 3 + i];
  return ms / 1000;
}

export function recordedAnswers(name: string): RecordedAnswer[] {
  const answers: RecordedAnswer[] = [];
  let note = "";
  const asked = new Map<string, number | undefined>();
  for (const line of decodeUtf8(fixture(`transcripts/${name}.jsonl`))
    .trim()
    .split("\n")) {
    const { kind, conn = "", text = "", head = [], body = "" } = JSON.parse(line) as Recorded;
    if (kind === "note") note = text;
    else if (kind === "http.request") asked.set(conn, signedAtOf(headersOf(head).get("x-nh-signature")));
    else if (kind === "http.response") {
      const [, status, ...reason] = head[0].split(" ");
      const refusal = { status: Number(status), reason: reason.join(" "), headers: headersOf(head), body };
      answers.push({ note, refusal, signedAt: asked.get(conn) });
    }
  }
  return answers;
}
