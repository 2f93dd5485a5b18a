/*
 * Redirects of the upgrade: operators put a redirecting server before a fleet to move it. Pure.
 *
 * The rules are those of downloads: at most five redirects in a row, and never from TLS to plain. Each attempt is signed
 * anew, so another host gets only a token of 90 s, as the redirecting server did. A certificate's key never leaves the device.
 */

import { Fault } from "../../modules/fault/fault.js";
import { maxRedirects } from "../../modules/http/get.js";
import { resolveUrl, type Scheme } from "../../modules/http/url.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import { vsn } from "../protocol.js";
import type { Credentials } from "./credentials.js";
import { refusalFault } from "./diagnosis.js";

/** The place of a device socket. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  /** With query. */
  readonly path: string;
}

/**
 * @param from the place that answered with `refusal`, which has a status 3xx
 * @param count redirects followed in this attempt
 * @returns the place to connect to, or the fault for which the redirect is not followed
 */
export const redirectLocation = (
  from: Place,
  refusal: UpgradeRefusal,
  credentials: Credentials,
  count: number,
): Place | Fault => {
  const location = refusal.headers.get("location");
  const scheme: Scheme = from.ssl ? "wss" : "ws";
  const url = location === undefined ? undefined : resolveUrl({ scheme, ...from }, location);
  // A device socket's path ends in "/websocket"; the device endpoint redirects every other path to its documentation.
  if (url === undefined || !url.path.split("?")[0].endsWith("/websocket")) {
    return refusalFault(refusal, { credentials, signed: undefined });
  }
  const ssl = url.scheme === "wss" || url.scheme === "https";
  if (count >= maxRedirects) {
    const text = `The server redirects more than ${maxRedirects} times, now to ${url.host}; check what stands before the hub.`;
    return new Fault("upgrade", "too-many-redirects", text);
  }
  if (from.ssl && !ssl) {
    const text = `The server redirects from TLS to a plain connection (${url.host}:${url.port}), which is refused; correct what stands before the hub.`;
    return new Fault("upgrade", "redirect-to-plain", text);
  }
  const { host, port, path } = url;
  return { host, port, ssl, path: withVersion(path) };
};

/** Adds `vsn` if missing: a redirecting server may drop the query, and without `vsn` the hub answers 403. */
const withVersion = (path: string): string => {
  if (path.includes("vsn=")) return path;
  return `${path}${path.includes("?") ? "&" : "?"}vsn=${vsn}`;
};
