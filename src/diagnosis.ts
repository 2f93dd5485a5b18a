/*
 * Diagnosis: why there is no connection, in one sentence with the likely cause and the remedy, under a stable code.
 * Pure. README.md lists the codes for operators.
 *
 * NervesHub's own answers say little: nearly every refused login is an empty 401, a refused certificate is TLS alert 40,
 * a mistyped path is a redirect to the documentation (transcripts auth-failures, upgrade-paths, cert-variants).
 */

import { Fault } from "../modules/fault/fault.js";
import type { Refusal } from "../modules/websocket/websocket.js";
import type { Credentials } from "./credentials.js";

export interface RefusalContext {
  credentials: Credentials;
  /** Server's time less ours when the request was made, in milliseconds; undefined when the answer had no date. */
  clockDifferenceMs: number | undefined;
}

/** The server's window: a signature may be this old, and not from the future. */
const signatureAgeMs = 90000;

function fault(code: string, message: string): Fault {
  return new Fault("upgrade", code, message);
}

function unauthorized(refusal: Refusal, { credentials, clockDifferenceMs }: RefusalContext): Fault {
  const told = refusal.headers.get("nh-connection-error-reason");
  if (told !== undefined) {
    return fault(
      "no-credentials",
      "The server saw no credentials (401); a proxy in between may have removed the x-nh headers.",
    );
  }
  if (credentials.type === "certificate") {
    const text =
      "The server saw no client certificate (401); TLS may end at a proxy: use the device endpoint's own host and port.";
    return fault("certificate-not-seen", text);
  }
  if (clockDifferenceMs !== undefined && (clockDifferenceMs < -1000 || clockDifferenceMs > signatureAgeMs)) {
    const seconds = Math.round(Math.abs(clockDifferenceMs) / 1000);
    const direction = clockDifferenceMs > 0 ? "behind" : "ahead of";
    return fault(
      "clock-wrong",
      `The clock is ${seconds} s ${direction} the server's, so the signature was refused (401).`,
    );
  }
  const { key, identifier } = credentials;
  const owner = key.startsWith("nhd_") ? "device" : "product";
  const text =
    `The server refused the shared secret (401): check that the ${owner} key exists and is active, that the secret belongs to it, ` +
    `and that no other device or product has the identifier "${identifier}".`;
  return fault("credentials-refused", text);
}

/** An answer to the upgrade that is not 101 and is not a redirect to be followed. */
export function refusalFault(refusal: Refusal, context: RefusalContext): Fault {
  const { status, headers, body } = refusal;
  const told = headers.get("nh-connection-error-reason");
  switch (status) {
    case 400:
      return fault(
        "bad-request",
        `The server took the upgrade for malformed (400${body ? `: ${body.slice(0, 80)}` : ""}); is a proxy in between?`,
      );
    case 401:
      return unauthorized(refusal, context);
    case 403:
      return fault(
        "forbidden",
        "The server refused the protocol version or the origin (403); is this a NervesHub device endpoint?",
      );
    case 404:
      return fault("not-found", "The server knows no device socket (404); check host and port.");
    case 429:
      return fault("rate-limited", "The server is taking no more connections for now (429).");
    case 431:
      return fault(
        "headers-too-large",
        "The server refused the request's headers as too large (431); is the identifier very long?",
      );
    case 503: {
      const why = told === undefined ? "" : ` ("${told.slice(0, 80)}")`;
      return fault(
        "server-unavailable",
        `The server could not authenticate anybody just now (503)${why}; it is tried again.`,
      );
    }
  }
  if (status >= 300 && status < 400) {
    return fault(
      "wrong-path",
      `The server redirects elsewhere (${status}): this is not the path of a device socket; check host and port.`,
    );
  }
  if (status >= 500)
    return fault("server-error", `The server or a proxy before it is in trouble (${status}); it is tried again.`);
  const what = body.trimStart().startsWith("<") ? "a web page" : "an answer";
  return fault(
    "not-a-hub",
    `Got ${what} (${status}) instead of a device socket; check host and port, or log in to the network's portal.`,
  );
}

/** A connection that ended with a close frame. */
export function closeFault(code: number): Fault {
  switch (code) {
    case 1000:
      return fault("closed", "The server closed the connection.");
    case 1001:
      return fault(
        "replaced",
        "The server closed the connection (1001): an operator asked for a reconnect, or another device connects with the same identifier.",
      );
    case 1002:
      return fault("closed-idle", "The server heard nothing for too long, or took a frame for malformed (1002).");
    case 1007:
    case 1011:
      return fault(
        "closed-error",
        `The server's process failed over something that was sent (${code}); its log says over what.`,
      );
    case 1009:
      return fault("closed-too-big", "The server found a message too large (1009).");
    case 1012:
      return fault("drained", "The server is restarting (1012).");
    default:
      return fault("closed", `The connection was closed with code ${code}.`);
  }
}
