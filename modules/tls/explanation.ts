/*
 * Explanation: turns an error of the TLS session into a Fault, and a Fault into the alert for the server.
 *
 * The SDK throws bare errors with terse texts; our own errors have a `kind` (hardened/handshake.ts) or are Faults already.
 */

import { Fault } from "../fault/fault.js";
import { handshakeClosed, notTls, tlsAlert, tlsFailed, tlsVersion } from "../fault/network.js";
import type { ClientSession } from "./client-session.js";
import { badFinished, badKeyExchange, badRecord, noCommonSuite } from "./handshake-fault.js";
import { NotTls } from "./record-reader.js";

const closeNotify = 0;

/**
 * @param error anything that the session threw
 * @param session tells whether the server sent an alert
 * @returns a Fault of stage "tls", unless `error` is a Fault already
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

/** Alert descriptions (RFC 5246 §7.2.2) by the code of the fault. */
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

/** @returns the alert description to send for a fault, undefined for faults that the server need not be told of */
export const alertFor = (fault: Fault): number | undefined => {
  return alerts.get(fault.code);
};
