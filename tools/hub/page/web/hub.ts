/*
 * The requests of the page. The token comes in the page's own address and goes out in a header; without one the page can
 * only look.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const token = new URLSearchParams(location.search).get("token");
const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };

/** What the hub refuses, in its own words. */
export class Refused extends Error {
  override readonly name = "Refused";
}

async function answerOf(response: Response): Promise<Json> {
  const answer = (await response.json()) as { readonly error?: string };
  if (!response.ok) throw new Refused(answer.error ?? `the hub answered ${response.status}`);
  return answer as Json;
}

/** @returns the sentence with which the hub answers; @throws Refused */
export async function act(device: string, action: string, fields: object = {}): Promise<string> {
  const path = `/api/devices/${encodeURIComponent(device)}/${action}`;
  const answer = await answerOf(await fetch(path, { method: "POST", headers, body: JSON.stringify(fields) }));
  return String((answer as { readonly done: Json }).done);
}

/** @throws Refused */
export async function request(method: string, path: string, body?: BodyInit): Promise<Json> {
  return answerOf(await fetch(`/api/${path}`, { method, headers, body }));
}

/** What is sent line by line, as it comes. @throws Refused */
export async function* open(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
  const response = await fetch(`/api/${path}`, { headers, signal });
  if (!response.ok || response.body === null) {
    await answerOf(response);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Saves what is at `path` as a file. @throws Refused */
export async function download(path: string, name: string): Promise<void> {
  const response = await fetch(`/api/${path}`, { headers });
  if (!response.ok) await answerOf(response);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
