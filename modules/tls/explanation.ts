/*
 * What went wrong in TLS, as a Fault; and the alert that tells the server.
 *
 * The SDK throws bare errors with terse texts; ours carry a reason (hardened/handshake.ts) or are Faults already.
 */

import { Fault } from "../fault/fault.js";
import { handshakeClosed, notTls, tlsAlert, tlsFailed, tlsVersion } from "../fault/network.js";
import type { ClientSession } from "./client-session.js";
import { badFinished, badKeyExchange, badRecord, noCommonSuite } from "./handshake-fault.js";
import { NotTls } from "./record-reader.js";

const closeNotify = 0;

/**
 * @param error whatever came out of the session
 * @param session its state tells whether the server sent an alert
 */
export const explain = (error: unknown, session: ClientSession | undefined, host: string, port: number): Fault => {
  if (error instanceof Fault) return error;
  if (error instanceof NotTls) return notTls(host, port, error);
  const alert = session?.alert;
  if (alert)
    return alert.description === closeNotify ? handshakeClosed(host, port) : tlsAlert(host, alert.description, error);
  const message = error instanceof Error ? error.message : String(error);
  switch ((error as { kind?: string }).kind) {
    case "order":
      return badRecord(message, error);
    case "version":
      return tlsVersion(host, error);
    case "suite":
      return noCommonSuite();
    case "key-exchange":
      return badKeyExchange(message);
    case "finished":
      return badFinished();
    default:
      if (message.includes("auth failed")) return badRecord("the authentication code of a record is wrong", error);
      return tlsFailed(host, message || "malformed message", error);
  }
};

/** RFC 5246 §7.2.2. */
const alerts: ReadonlyMap<string, number> = new Map([
  ["tls-bad-record", 10],
  ["bad-certificate-signature", 42],
  ["certificate-malformed", 42],
  ["issuer-not-ca", 42],
  ["certificate-name-mismatch", 42],
  ["certificate-name-not-permitted", 42],
  ["certificate-unsupported", 43],
  ["certificate-expired", 45],
  ["certificate-not-yet-valid", 45],
  ["clock-wrong", 45],
  ["no-common-suite", 47],
  ["self-signed", 48],
  ["unknown-ca", 48],
  ["tls-failed", 50],
  ["bad-key-exchange", 51],
  ["bad-finished", 51],
  ["tls-version", 70],
]);

/** The alert to send for a fault of ours; undefined when the server knows, or nobody listens. */
export const alertFor = (fault: Fault): number | undefined => {
  return alerts.get(fault.code);
};
