/*
 * The JSON endpoint: everything that the operator can see and do, for scripts on this machine and for the hub's page. Who may
 * look and who may act is in page/access.ts.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { asFault } from "../../modules/fault/fault.js";
import { maxImageSize } from "../../modules/ota/image.js";
import { printable } from "../../modules/text/printable.js";
import { reportImage } from "../stamp/image-report.js";
import { faultOf } from "./download-faults.js";
import { isObject, isText, type Json, type JsonObject } from "./json.js";
import { maxUnreadBytes } from "./limits.js";
import { Refusal } from "./operator.js";
import { accessOf, bearerToken } from "./page/access.js";
import { firmwareOf, sendLive } from "./page/live.js";
import { sendPage } from "./page/page.js";
import type { Shown } from "./page/shown.js";
import { requestUrl } from "./request-url.js";

/** Largest request body, bytes: an archive in base64. */
const maxBody = 8_000_000;

/** @returns false when the path is neither the page's nor under /api/ */
export function answerApi(hub: Shown, request: IncomingMessage, response: ServerResponse): boolean {
  const url = requestUrl(request);
  const { pathname, searchParams } = url;
  const isPage = request.method === "GET" && /^\/(\?|$)/.test(request.url ?? "");
  if (!isPage && !pathname.startsWith("/api/")) return false;
  // A link can carry the token in its query alone.
  const given = bearerToken(request) ?? (isPage ? (searchParams.get("token") ?? undefined) : undefined);
  const access = accessOf(request, hub.token, given);
  const looks = request.method === "GET" || request.method === "HEAD";
  if (access === "none" || (access === "look" && !looks)) {
    const error = looks
      ? "this is for programs on this machine, and for whoever opens the link that the hub printed when it started"
      : 'this needs the token that the hub printed when it started, as the header "Authorization: Bearer TOKEN"';
    send(response, 403, { error });
    return true;
  }
  if (isPage) sendPage(response);
  else if (pathname === "/api/live") sendLive(hub, response, access === "act" ? hub.connectingLines : undefined);
  else
    handle(hub, request, response, url).catch((error: unknown) => {
      const status = error instanceof Refusal ? 409 : 500;
      send(response, status, { error: error instanceof Error ? error.message : String(error) });
    });
  return true;
}

async function handle(hub: Shown, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const [, , subject, name, action] = url.pathname.split("/").map(decodeURIComponent);
  if (subject === "devices" && action === "console" && url.searchParams.has("follow"))
    return followConsole(hub, name, response);
  if (subject === "devices" && action === "frames") return sendFrames(hub, name, response);
  send(response, 200, await answer(hub, request, url, subject, name, action));
}

async function answer(
  hub: Shown,
  request: IncomingMessage,
  url: URL,
  subject: string,
  name: string | undefined,
  action: string | undefined,
): Promise<Json> {
  const method = request.method ?? "GET";
  if (subject === "timeline") return timeline(hub, url, undefined);
  if (subject === "firmware") return method === "POST" ? await imageGiven(hub, request, url) : firmwareOf(hub);
  if (subject === "faults") return faults(hub, method, method === "POST" ? await body(request) : {});
  if (subject !== "devices") throw new Refusal(`no such subject: ${subject}`);
  if (name === undefined) return hub.devices().map((device) => device.summary());
  if (method === "POST") return { done: await act(hub, name, action ?? "", await body(request)) };
  if (action === "timeline") return timeline(hub, url, name);
  if (action === "console") return { output: hub.operator.consoleOutput(name) };
  const device = hub.device(name);
  if (device === undefined) throw new Refusal(`no device is called ${name}`);
  return device.summary();
}

/** What a console has shown and shows from now on, a line of JSON for each piece, until the device or the viewer goes. */
function followConsole(hub: Shown, name: string, response: ServerResponse): void {
  const write = (data: string) => response.write(`${JSON.stringify({ data })}\n`);
  const shown = hub.operator.consoleOutput(name);
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  write(shown);
  const detach = hub.operator.consoleAttach(name, (event, payload) => {
    if (event === "ended" || response.writableLength > maxUnreadBytes) response.end();
    else if (event === "up") write(String((payload as JsonObject)["data"]));
  });
  response.once("close", detach);
}

/** The link's frames as lines of JSON, for a bug report. */
function sendFrames(hub: Shown, name: string, response: ServerResponse): void {
  const text = hub.frames.of(name).map((frame) => `${printable(JSON.stringify(frame))}\n`);
  response
    .writeHead(200, {
      "content-type": "application/x-ndjson",
      "content-disposition": 'attachment; filename="frames.ndjson"',
    })
    .end(text.join(""));
}

/** The body is an image. It is judged; with `add` in the query it is taken as well. */
async function imageGiven(hub: Shown, request: IncomingMessage, url: URL): Promise<Json> {
  const bytes = await bodyBytes(request, maxImageSize);
  const name = url.searchParams.get("name") ?? "image.bin";
  let report: ReturnType<typeof reportImage>;
  try {
    report = reportImage(bytes, nodeCrypto);
  } catch (error) {
    return { refusal: asFault(error, "image", "not-taken").message, fields: [], problems: [], notes: [] };
  }
  const judged = hub.library.judge(bytes, name);
  const refusal = report.problems[0] ?? (typeof judged === "string" ? judged : null);
  if (refusal === null && url.searchParams.has("add")) {
    const taken = hub.addImage(bytes, name);
    if (typeof taken === "string") throw new Refusal(taken);
  }
  return { refusal, fields: report.fields, problems: report.problems, notes: report.notes };
}

async function act(hub: Shown, name: string, action: string, fields: JsonObject): Promise<string> {
  const { operator } = hub;
  const text = (key: string) => {
    const value = fields[key];
    if (!isText(value)) throw new Refusal(`${action} needs a text "${key}"`);
    return value;
  };
  switch (action) {
    case "push":
      return operator.push(name, text("firmware"), fields["delta"] === true);
    case "reboot":
      return operator.reboot(name);
    case "identify":
      return operator.identify(name);
    case "reconnect":
      return operator.reconnect(name);
    case "cut":
      return operator.cut(name);
    case "remove":
      return operator.remove(name);
    case "clear-penalty":
      return operator.clearPenalty(name);
    case "script":
      return operator.script(name, text("text"));
    case "connecting-code":
      return operator.setConnectingCode(name, text("text"));
    case "console":
      return operator.consoleInput(name, text("data"));
    case "console-event":
      return operator.consoleEvent(name, text("event"), fields["payload"] ?? {});
    case "extension":
      return operator.extension(name, text("event"), fields["payload"] ?? {});
    case "component-action":
      return operator.componentAction(name, text("component"), text("action"));
    case "component-mode":
      return operator.componentMode(name, text("component"), text("mode"), text("value"));
    case "extension-switch":
      return operator.switchExtension(name, text("extension"), fields["on"] === true);
    case "update-mode":
      return operator.setUpdateMode(
        name,
        modeOf(text("mode")),
        fields["managed_updates_allowed"] as boolean | undefined,
      );
    case "public-keys":
      return operator.publicKeys(name, text("kind") === "archive" ? "archive" : "fwup", texts(fields["keys"]));
    case "archive":
      return operator.archive(name, Buffer.from(text("base64"), "base64"), fields);
    case "send":
      return operator.send(name, text("event"), fields["payload"] ?? {});
    default:
      throw new Refusal(`no such action: ${action}`);
  }
}

export function modeOf(mode: string): "automatic" | "device_managed" | "off" {
  if (mode === "automatic" || mode === "device_managed" || mode === "off") return mode;
  throw new Refusal(`no such update mode: ${mode}. There are automatic, device_managed, off`);
}

function texts(value: Json | undefined): string[] {
  if (!Array.isArray(value) || !value.every(isText)) throw new Refusal("public-keys needs a list of texts");
  return value;
}

function faults(hub: Shown, method: string, fields: JsonObject): Json {
  if (method === "DELETE") hub.faults.clear();
  if (method === "POST") {
    const fault = faultOf(fields);
    if (isText(fault)) throw new Refusal(fault);
    hub.faults.set(fault, Number(fields["times"] ?? 1));
  }
  return hub.faults.pending().map(({ fault, left }) => ({ ...fault, left }) as Json);
}

function timeline(hub: Shown, url: URL, device: string | undefined): Json {
  const entries = hub.timeline.entries(device, Number(url.searchParams.get("after") ?? 0));
  return entries.map((entry) => ({ ...entry, device: entry.device ?? null, data: entry.data ?? null }));
}

async function bodyBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += (piece as Buffer).length;
    if (length > most) throw new Refusal("the body is too large");
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

async function body(request: IncomingMessage): Promise<JsonObject> {
  const text = (await bodyBytes(request, maxBody)).toString("utf8");
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("the body is not JSON");
  }
  if (!isObject(value)) throw new Refusal("the body must be a JSON object");
  return value;
}

function send(response: ServerResponse, status: number, value: Json): void {
  // An escape of `printable` is one of JSON too: the same value, safe to look at in a terminal.
  const text = printable(JSON.stringify(value));
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
