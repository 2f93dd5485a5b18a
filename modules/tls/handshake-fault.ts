/*
 * The faults of the TLS handshake and of TLS records. Those of certificates are in modules/x509/certificate-fault.ts.
 */

import type { Fault } from "../fault/fault.js";
import { secureFault } from "../x509/certificate-fault.js";

/** @param what what is wrong with the server's key exchange message */
export const badKeyExchange = (what: string): Fault => {
  return secureFault(
    "bad-key-exchange",
    `The server did not prove that it owns its certificate: ${what}. Somebody may be in between.`,
  );
};

export const badFinished = (): Fault => {
  return secureFault(
    "bad-finished",
    "The end of the handshake does not match its beginning: somebody changed messages on the way.",
  );
};

export const noCommonSuite = (): Fault => {
  return secureFault(
    "no-common-suite",
    "The server chose a cipher suite that was not offered; this device speaks ECDHE with AES-128-GCM.",
  );
};

/** @param what what is wrong with the received bytes */
export const badRecord = (what: string, cause?: unknown): Fault => {
  return secureFault("tls-bad-record", `What the server sent is not proper TLS: ${what}.`, cause);
};

export const plainHttp = (): Fault => {
  return secureFault(
    "plain-http",
    "The server answered in plain HTTP: this port does not speak TLS, so use another port or a ws:// or http:// address.",
  );
};

export const truncated = (): Fault => {
  return secureFault(
    "tls-truncated",
    "The connection ended without TLS's closing message, so something may be missing from what was received.",
  );
};
