/*
 * Who may open a device socket: path, method, Origin, vsn and credentials, in the order in which the real server looks at
 * them, with its answers. The reason is for the desk alone: a refusal is as empty here as there.
 */

import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Settings, SharedSecret } from "./options.js";
import { requestUrl } from "./request-url.js";
import { checkSharedSecret } from "./shared-secret.js";

export interface Admitted {
  readonly identifier: string;
  /** How it proved who it is, for the timeline. */
  readonly by: "product key" | "device key" | "certificate";
}

export interface Refused {
  readonly status: number;
  readonly why: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** What decides about identifiers: devices that were deleted are refused for ever. */
export type Deleted = (identifier: string) => boolean;

const socketPaths = new Set(["/socket/websocket", "/device-socket/websocket"]);
const alivePaths = new Set(["/status/alive", "/status/_health", "/status/health", "/status/healthy"]);
const elsewhere = "https://docs.nerves-hub.org/";

/** The answers that have nothing to do with devices; undefined for a socket path. */
export function answerElsewhere(path: string): Refused | undefined {
  if (socketPaths.has(path)) return undefined;
  if (alivePaths.has(path)) {
    return { status: 200, why: "", headers: { "content-type": "text/plain; charset=utf-8" }, body: "Hello, Friend!" };
  }
  return { status: 301, why: `${path} is not a socket path`, headers: { location: elsewhere } };
}

export async function admit(
  request: IncomingMessage,
  settings: Pick<Settings, "keys" | "clock" | "deriveKey">,
  deleted: Deleted,
): Promise<Admitted | Refused> {
  const url = requestUrl(request);
  if (request.method !== "GET") return { status: 400, why: `method ${request.method}` };
  const origin = request.headers.origin;
  if (origin !== undefined && !sameHost(origin, request.headers.host)) {
    return { status: 403, why: `Origin ${origin} is not this host: a device sends none` };
  }
  const vsn = url.searchParams.get("vsn");
  if (vsn !== null && /^3\.0\.\d+$/.test(vsn))
    return { status: 403, why: "vsn 3 (MessagePack) is not spoken by this hub" };
  if (vsn === null || !/^2\.0\.\d+$/.test(vsn))
    return { status: 403, why: `vsn is ${vsn ?? "missing"}: it must be 2.0.0` };
  const admitted = await identify(request, settings);
  if ("identifier" in admitted && deleted(admitted.identifier)) {
    return { status: 401, why: `identifier ${admitted.identifier} belongs to a deleted device` };
  }
  return admitted;
}

async function identify(
  request: IncomingMessage,
  { keys, clock, deriveKey }: Pick<Settings, "keys" | "clock" | "deriveKey">,
): Promise<Admitted | Refused> {
  const commonName = certificateName(request.socket as TLSSocket);
  if (commonName === "") return { status: 401, why: "the client certificate has no common name" };
  if (commonName !== undefined) return { identifier: commonName, by: "certificate" };
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("x-")) headers.set(name, String(value));
  }
  if (headers.size === 0) {
    return explained(401, "no certificate pair or shared secrets connection settings were provided");
  }
  const active = (key: string) => keys.find((one) => one.key === key && one.active !== false);
  const outcome = await checkSharedSecret(headers, (key) => active(key)?.secret, clock, deriveKey);
  if (outcome.status === 503) {
    return explained(503, "the platform could not be reached to authenticate this device", outcome.why);
  }
  return outcome.status === 101 ? byKey(active(outcome.key)!, outcome.identifier) : outcome;
}

function byKey(key: SharedSecret, identifier: string): Admitted | Refused {
  if (key.identifier === undefined) return { identifier, by: "product key" };
  if (key.identifier === identifier) return { identifier, by: "device key" };
  return { status: 401, why: `the device key belongs to ${key.identifier}, the token says ${identifier}` };
}

/** @returns the subject's CN of a certificate that TLS has verified, undefined without one */
function certificateName(socket: TLSSocket): string | undefined {
  if (socket.encrypted !== true || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  return subject === undefined ? undefined : String(subject.CN ?? "");
}

function explained(status: number, text: string, why = text): Refused {
  return { status, why, headers: { "nh-connection-error-reason": text }, body: text };
}

function sameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
