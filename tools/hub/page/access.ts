/*
 * Who may look at the hub, and who may act on it, over HTTP: programs on this machine look; whoever has the token, which is
 * printed when the hub starts, acts, and from elsewhere looks too.
 *
 * The rule it guards: a page of another origin gets nothing, whatever name it gives this machine. A browser sends `Origin`
 * with every request that could change something, and `Sec-Fetch-Site` with every request; a name that an attacker's server
 * resolves to 127.0.0.1 (DNS rebinding) shows in `Host`.
 */

import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { sha256 } from "../firmware-library.js";

export type Access = "none" | "look" | "act";

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** @param given by whoever asks, undefined for none */
export function accessOf(request: IncomingMessage, token: string, given: string | undefined): Access {
  if (isForeign(request)) return "none";
  if (given !== undefined) return isSame(given, token) ? "act" : "none";
  const { remoteAddress, localAddress } = request.socket;
  const host = request.headers.host ?? "";
  if (loopback.has(remoteAddress ?? "") && loopbackHost.test(host)) return "look";
  // A hub that listens on an address of the network is reached from this machine by that address.
  const own = remoteAddress !== undefined && remoteAddress === localAddress;
  return own && hostOf(host) === remoteAddress ? "look" : "none";
}

/** The token in `Authorization: Bearer`. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Whether a page of another origin asks. A link that is clicked there may open this page, which then shows it nothing. */
function isForeign({ headers, socket, method }: IncomingMessage): boolean {
  const scheme = (socket as TLSSocket).encrypted === true ? "https" : "http";
  if (headers.origin !== undefined) return headers.origin !== `${scheme}://${headers.host}`;
  const site = headers["sec-fetch-site"] ?? "none";
  if (site === "none" || site === "same-origin") return false;
  return method !== "GET" || headers["sec-fetch-mode"] !== "navigate" || headers["sec-fetch-dest"] !== "document";
}

/** `host` without its port, and an IPv6 address without brackets. */
function hostOf(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(Buffer.from(a))), Buffer.from(sha256(Buffer.from(b))));
}
