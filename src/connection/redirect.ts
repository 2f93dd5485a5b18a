/*
 * Redirects of the upgrade: operators put a redirecting front before a fleet to move it. Pure.
 *
 * The rules are those of downloads: at most five in a row, and never from TLS to plain. Nothing of an old request goes
 * along: each attempt is signed anew, and what another host gets is a token for 90 s that the redirecting server has
 * had as well. A certificate's key stays here anyway.
 */

import { Fault } from "../../modules/fault/fault.js";
import { maxRedirects } from "../../modules/http/get.js";
import { resolveUrl, type Scheme } from "../../modules/http/url.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import { vsn } from "../protocol.js";
import type { Credentials } from "./credentials.js";
import { refusalFault } from "./diagnosis.js";

/** Where a device socket is. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  /** With query. */
  readonly path: string;
}

/**
 * @param from whose answer `refusal` is, of status 3xx
 * @param count redirects followed in this attempt
 * @returns where to go, or why not
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
  // A path of its own is the mark of a device socket; the endpoint sends every other path to its documentation.
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

/** A front may drop the query, and without `vsn` the hub answers 403. */
const withVersion = (path: string): string => {
  if (path.includes("vsn=")) return path;
  return `${path}${path.includes("?") ? "&" : "?"}vsn=${vsn}`;
};
