/*
 * Redirects of the upgrade: operators put a redirecting front before a fleet to move it. Pure.
 *
 * The rules are those of downloads: at most five in a row, never from TLS to plain, and a secret never goes to another
 * host. A certificate may: its key stays here. A shared secret signs a token that another host could use for 90 s.
 */

import { Fault } from "../modules/fault/fault.js";
import { resolveUrl, type Scheme } from "../modules/http/url.js";
import { maxRedirects } from "../modules/limits/limits.js";
import type { Refusal } from "../modules/websocket/websocket.js";
import type { Credentials } from "./credentials.js";
import { refusalFault } from "./diagnosis.js";
import type { Target } from "./session.js";

/**
 * @param from the target whose answer `refusal` is, of status 3xx
 * @param count redirects followed since the last accepted join
 * @returns where to go, or why not
 */
export function redirectTarget(
  from: Target,
  refusal: Refusal,
  credentials: Credentials,
  count: number,
): { host: string; port: number; path: string } | Fault {
  const location = refusal.headers.get("location");
  const scheme: Scheme = from.secure ? "wss" : "ws";
  const url = location === undefined ? undefined : resolveUrl({ scheme, ...from }, location);
  // A path of its own is the mark of a device socket; the endpoint sends every other path to its documentation.
  if (url === undefined || !url.path.split("?")[0].endsWith("/websocket")) {
    return refusalFault(refusal, { credentials, clockDifferenceMs: undefined });
  }
  const secure = url.scheme === "wss" || url.scheme === "https";
  if (count >= maxRedirects) {
    return new Fault(
      "upgrade",
      "too-many-redirects",
      `The server redirects in a circle; after ${maxRedirects} it is left.`,
    );
  }
  if (from.secure !== undefined && !secure) {
    return new Fault(
      "upgrade",
      "redirect-to-plain",
      "The server redirects from TLS to a plain connection, which is refused.",
    );
  }
  if (from.secure === undefined && secure) {
    return new Fault(
      "upgrade",
      "redirect-to-tls",
      "The server wants TLS: set the option ssl to true and the port that goes with it.",
    );
  }
  if (url.host !== from.host && credentials.type === "shared-secret") {
    const text = `The server redirects to ${url.host}, and a shared secret is not shown to another host: set the option host to it.`;
    return new Fault("upgrade", "redirect-elsewhere", text);
  }
  return { host: url.host, port: url.port, path: url.path };
}
