/*
 * Recorded downloads, asked of our hub: same status, same range, same bytes. Our URLs are signed, the recorded ones were
 * not, so the path is looked up and signed anew.
 */

import { createHash } from "node:crypto";
import type { Hub } from "../../../tools/hub/hub.js";
import { assert } from "../harness.js";
import { headersOf, type Recorded, statusOf } from "./recording.js";

/** @param instead status that our hub gives on purpose; @param at says where in the recording this is */
export async function replayDownload(
  hub: Hub,
  record: Recorded,
  instead: string | undefined,
  at: (what: string) => string,
): Promise<void> {
  const [line, ...lines] = record["request"] as string[];
  const [method, path] = line.split(" ");
  const headers = headersOf([line, ...lines]);
  if (!headers.get("host")!.startsWith("localhost")) return;
  const isPatch = path.endsWith(".delta.fw");
  const image = isPatch ? undefined : hub.library.images().find(({ metadata }) => path.includes(metadata.uuid));
  const file = image === undefined ? undefined : { ...image, contentType: "application/octet-stream" };
  const origin = `http://127.0.0.1:${hub.port}`;
  if (file !== undefined) hub.downloads.put(path, file);
  const url = hub.downloads.signed(path, origin);
  const ask = new Map([...headers].filter(([name]) => name === "range" || name.startsWith("if-")));
  if (ask.has("if-none-match")) ask.set("if-none-match", (await fetch(url)).headers.get("etag") ?? "");
  const response = await fetch(url, { method, headers: Object.fromEntries(ask) });
  const body = Buffer.from(await response.arrayBuffer());
  const theirs = record["head"] as string[];
  assert.equal(response.status, Number(instead ?? statusOf(theirs)), at(JSON.stringify([...ask])));
  if (instead !== undefined || response.status >= 400) return;
  assert.equal(response.headers.get("content-range") ?? undefined, headersOf(theirs).get("content-range"), at("range"));
  assert.equal(body.length, record["body_bytes"], at("length"));
  const hash = createHash("sha256").update(body).digest("hex");
  if (body.length > 0) assert.equal(hash, record["body_sha256"], at("bytes"));
}
