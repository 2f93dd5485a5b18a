/*
 * The JSON endpoint: everything the operator can do, for scripts and tests on the same machine. It answers loopback
 * addresses alone, and no browser page: a request with an Origin or a foreign Host is refused.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { printable } from "../../modules/text/printable.js";
import type { Device } from "./device.js";
import { type DownloadFaults, faultOf } from "./download-faults.js";
import type { FirmwareLibrary } from "./firmware-library.js";
import { isObject, isText, type Json, type JsonObject } from "./json.js";
import { type Operator, Refusal } from "./operator.js";
import { requestUrl } from "./request-url.js";
import type { Timeline } from "./timeline.js";

/** What the endpoint shows and does: the hub, as a person sees it. */
export interface Shown {
  readonly operator: Operator;
  readonly library: FirmwareLibrary;
  readonly timeline: Timeline;
  readonly faults: DownloadFaults;
  devices(): readonly Device[];
  device(identifier: string): Device | undefined;
}

/** Largest request body, bytes: an archive in base64. */
const maxBody = 8_000_000;

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** @returns false when the path is not under /api/ */
export function answerApi(hub: Shown, request: IncomingMessage, response: ServerResponse): boolean {
  const url = requestUrl(request);
  if (!url.pathname.startsWith("/api/")) return false;
  const local = loopback.has(request.socket.remoteAddress ?? "") && loopbackHost.test(request.headers.host ?? "");
  if (!local || request.headers.origin !== undefined) {
    send(response, 403, { error: "the JSON endpoint answers programs on this machine only" });
    return true;
  }
  handle(hub, request, url)
    .then((answer) => send(response, 200, answer))
    .catch((error: unknown) => {
      const status = error instanceof Refusal ? 409 : 500;
      send(response, status, { error: error instanceof Error ? error.message : String(error) });
    });
  return true;
}

async function handle(hub: Shown, request: IncomingMessage, url: URL): Promise<Json> {
  const [, , subject, name, action] = url.pathname.split("/").map(decodeURIComponent);
  const method = request.method ?? "GET";
  if (subject === "timeline") return timeline(hub, url, undefined);
  if (subject === "firmware")
    return hub.library.images().map((image) => ({ name: image.name, size: image.size, ...image.metadata }));
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

async function body(request: IncomingMessage): Promise<JsonObject> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += (piece as Buffer).length;
    if (length > maxBody) throw new Refusal("the body is too large");
    pieces.push(piece as Buffer);
  }
  const text = Buffer.concat(pieces).toString("utf8");
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
