/*
 * Diagnosis: why there is no connection, in one sentence with the likely cause and the remedy, under a stable code.
 * Pure. docs/connecting.md lists the codes for operators.
 *
 * NervesHub's own answers say little: nearly every refused login is an empty 401, a refused certificate is TLS alert 40,
 * a mistyped path is a redirect to the documentation (transcripts auth-failures, upgrade-paths, cert-variants). What
 * fails below HTTP is named by modules/fault/network.ts, what breaks the WebSocket protocol by modules/websocket.
 */

import { Fault } from "../../modules/fault/fault.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import type { UpgradeRefusal } from "../../modules/websocket/websocket.js";
import type { Credentials, SharedSecret } from "./credentials.js";
import type { Signed } from "./wall-clock.js";

export interface RefusalContext {
  credentials: Credentials;
  /** The answer's `Date` compared with the signature; undefined when there is nothing to compare. */
  signed: Signed | undefined;
  /** The time was unknown when the request was signed. */
  guessed?: boolean;
}

/** Characters that are shown of a server's own text. */
const toldCharacters = 80;

const fault = (code: string, message: string): Fault => {
  return new Fault("upgrade", code, message);
};

/** A server's own words, as they stand in a sentence; nothing where there are none. */
const quoted = (text: string): string => {
  const words = text.trim();
  return words === "" ? "" : ` ("${printable(cut(words, toldCharacters))}")`;
};

/** Whether an answer is a web page, which no part of NervesHub gives to a device. */
const isPage = (headers: ReadonlyMap<string, string>, body: string): boolean =>
  body.trimStart().startsWith("<") || (headers.get("content-type") ?? "").toLowerCase().includes("html");

const secretRefused = ({ key, identifier }: SharedSecret): Fault => {
  const checks = key.startsWith("nhd_")
    ? `the device key exists and is active, the secret belongs to it, and it was made for the identifier "${identifier}"`
    : `the product key exists and is active, the secret belongs to it, and no other device, also a deleted one or one of another product, has the identifier "${identifier}"`;
  return fault(
    "credentials-refused",
    `The server refused the shared secret (401): check in NervesHub that ${checks}, and that the server has shared secrets switched on.`,
  );
};

/** A login that is none of NervesHub's: no answer of its device endpoint has `WWW-Authenticate`. */
const wantsLogin = (status: number): Fault => {
  return fault(
    "proxy-login",
    `The network wants a login before it lets anything through (${status}): log in to its portal, or use another network.`,
  );
};

const unauthorized = (refusal: UpgradeRefusal, { credentials, signed, guessed }: RefusalContext): Fault => {
  if (refusal.headers.has("www-authenticate")) return wantsLogin(401);
  if (credentials.type === "certificate") {
    return fault(
      "certificate-not-seen",
      "The server saw no client certificate (401): a proxy may end TLS before it, or this is the web endpoint; use host and port of the device endpoint.",
    );
  }
  if (refusal.headers.has("nh-connection-error-reason")) {
    return fault(
      "no-credentials",
      "The server saw no credentials (401): something between has removed the x-nh headers; let the proxy pass them, or connect without it.",
    );
  }
  if (signed?.refused) {
    const ahead = signed.ageS < 0;
    return fault(
      ahead ? "clock-ahead" : "clock-behind",
      `The clock is ${ahead ? "ahead of" : "behind"} the server's, so the signature was refused (401): the next attempt uses the server's time; check SNTP.`,
    );
  }
  if (signed === undefined && guessed) {
    return fault(
      "time-unknown",
      "The time is unknown, and the server's answer (401) has no date to learn it from: let the device reach an SNTP server.",
    );
  }
  return secretRefused(credentials);
};

const forbidden = ({ headers, body }: UpgradeRefusal, { type }: Credentials): Fault => {
  // NervesHub's own 403 is empty (transcripts upgrade-paths, upgrade-limits).
  if (isPage(headers, body)) {
    return fault(
      "blocked",
      "Something before the server, such as a firewall or a CDN's check for bots, answered with a web page (403): let /socket/websocket and /device-socket/websocket pass without a check there, or reach the hub without it.",
    );
  }
  if (type === "certificate") {
    return fault(
      "forbidden",
      `The server refused the socket (403)${quoted(body)}: this looks like NervesHub's web endpoint, where certificates are not taken; use host and port of the device endpoint.`,
    );
  }
  return fault(
    "forbidden",
    `The server or a proxy before it forbids the socket (403)${quoted(body)}: check host and port, and that nothing between adds an Origin header or changes the query.`,
  );
};

const unavailable = (told: string | undefined): Fault => {
  if (told === undefined) {
    return fault("server-unavailable", "The server, or a proxy before it, is unavailable (503); it is tried again.");
  }
  return fault(
    "authentication-unavailable",
    `The server could not authenticate anybody just now (503)${quoted(told)}; it is tried again. If it stays so, its database is down or the identifier is not valid text.`,
  );
};

/** The fault of an answer to the upgrade that is neither 101 nor a redirect to follow. */
export const refusalFault = (refusal: UpgradeRefusal, context: RefusalContext): Fault => {
  const { status, reason, headers, body } = refusal;
  switch (status) {
    case 400:
      return fault(
        "bad-request",
        `The server took the upgrade for malformed (400)${quoted(body)}: a proxy between changes it, or the port expects TLS; check port and the option ssl.`,
      );
    case 401:
      return unauthorized(refusal, context);
    case 403:
      return forbidden(refusal, context.credentials);
    case 404:
    case 410:
      return fault("not-found", `The server knows no device socket (${status}); check host and port.`);
    case 407:
    case 511:
      return wantsLogin(status);
    case 408:
      return fault(
        "request-timeout",
        "The server, or a proxy before it, did not get the whole request in time (408); it is tried again. If it stays so, the network is too slow, or something between holds requests back.",
      );
    case 421:
      return fault(
        "misdirected",
        "What answers at this address does not serve this host name (421): check host, and that the proxy before the hub has the name in its configuration and its certificate.",
      );
    case 426:
    case 501:
    case 505:
      return fault(
        "upgrade-dropped",
        `The server saw no WebSocket upgrade (${status}): a proxy between drops the Upgrade header or speaks no HTTP/1.1 to the hub; let it pass WebSockets on.`,
      );
    case 429:
      return fault(
        "rate-limited",
        "The server takes no more connections for now (429); it is tried again more slowly.",
      );
    case 431:
      return fault(
        "headers-too-large",
        "The server refused the request's headers as too large (431): shorten the identifier, or look at what a proxy between adds.",
      );
    case 503:
      return unavailable(headers.get("nh-connection-error-reason"));
  }
  if (status >= 300 && status < 400) {
    return fault(
      "wrong-path",
      `The server redirects elsewhere (${status}): it has no device socket; check host and port, which have to be those of the device endpoint.`,
    );
  }
  if (status >= 500)
    return fault("server-error", `The server or a proxy before it is in trouble (${status}); it is tried again.`);
  const page = isPage(headers, body);
  if (status >= 400 && !page) {
    return fault(
      "not-a-hub",
      `What answers refuses the upgrade (${status})${quoted(body || reason)}: it is no device socket, or something between stands in for it; check host and port, and what lies between.`,
    );
  }
  return fault(
    "not-a-hub",
    `Got ${page ? "a web page" : "an answer"} (${status}) instead of a device socket; check host and port, or log in to the network's portal.`,
  );
};

/**
 * Explains a connection that the server closed before it answered the upgrade. A server does so when it expects TLS, when it
 * refuses the certificate (TLS 1.3 says so late), or when it limits connections.
 * @returns a fault with the likely cause; `fault` itself when it is another fault
 */
export const lostUpgradeFault = (fault: Fault, { type }: Credentials, ssl: boolean): Fault => {
  if (fault.code !== "upgrade-closed" && fault.code !== "connection-reset") return fault;
  const cause = !ssl
    ? "the port may expect TLS, which the option ssl switches on"
    : type === "certificate"
      ? "it may have refused the device's certificate; check that this or its CA is registered at the hub and is not self-signed"
      : "it may limit connections, or the port may be another service's; check host and port";
  const text = `The server closed the connection instead of answering the upgrade: ${cause}.`;
  return new Fault(fault.stage, fault.code, text, fault);
};

/**
 * The fault of a connection that ended with a close frame. A new attempt follows every code.
 * @param reason of the frame; NervesHub gives none, proxies and other servers do
 */
export const closeFault = (code: number, reason = ""): Fault => {
  const told = quoted(reason);
  const ended = (name: string, message: string): Fault => new Fault("websocket", name, message);
  switch (code) {
    case 1000:
      return ended("closed", `The server closed the connection (1000)${told}; a new one is made.`);
    case 1001:
      if (told !== "")
        return ended("drained", `The server, or a proxy before it, goes away (1001)${told}; a new connection is made.`);
      return ended(
        "replaced",
        "The server closed the connection (1001): an operator asked for a reconnect, or another device connects with the same identifier; if it repeats, give each device its own.",
      );
    case 1002:
      return ended(
        "closed-idle",
        `The server heard nothing for too long, or took a frame for malformed (1002)${told}; if it repeats, shorten heartbeat.intervalMs.`,
      );
    case 1007:
    case 1011:
      return ended(
        "closed-error",
        `The server's process failed over something that was sent (${code})${told}; its log says over what.`,
      );
    case 1009:
      return ended("closed-too-big", `The server found a message too large (1009)${told}; send less at once.`);
    case 1012:
      return ended("drained", `The server is restarting (1012)${told}; a new connection is made when it is back.`);
    case 1013:
    case 1014:
      return ended(
        "drained",
        `The server, or what is behind it, takes nobody just now (${code})${told}; a new connection is made later.`,
      );
    default:
      return ended("closed", `The server closed the connection with code ${code}${told}; a new one is made.`);
  }
};
