/*
 * Network fault: the Fault for an error of Node. Node, libuv, OpenSSL and its X.509 verifier each have their own error
 * codes; the sentences for people are in modules/fault/network.ts and faults.ts.
 */

import type { Fault } from "../../modules/fault/fault.js";
import * as faults from "../../modules/fault/network.js";
import type { ByteStreamOptions } from "../../modules/platform/byte-stream.js";
import * as nodeFaults from "./faults.js";

/** The phase of the connection in which the error came. */
export type ConnectionPhase = "resolve" | "connect" | "tls" | "open";

interface NodeError {
  code?: string;
  message?: string;
  /** The errors of an AggregateError, one for each address that was tried. */
  errors?: NodeError[];
}

/** The fault for `error`, which ended a connection in `phase`. */
export function networkFault(error: unknown, phase: ConnectionPhase, options: ByteStreamOptions): Fault {
  const { host, port, secure, connectTimeoutMs } = options;
  const nodeError = error as NodeError;
  const code = nodeError.code ?? nodeError.errors?.[0]?.code ?? "";
  const name = secure?.serverName ?? host;
  const tls = secure && tlsFault(nodeError, code, name, port, error);
  if (tls) return tls;
  switch (code) {
    case "ENOTFOUND":
      return faults.hostNotFound(host, error);
    case "ECONNREFUSED":
      return faults.connectionRefused(host, port, error);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
    case "ENETDOWN":
      if (phase === "open") return nodeFaults.connectionTimedOut(host, port, error);
      return nodeFaults.hostUnreachable(host, port, error);
    case "ETIMEDOUT":
      if (phase === "open") return nodeFaults.connectionTimedOut(host, port, error);
      return faults.connectTimeout(host, port, connectTimeoutMs, error);
    case "ECONNRESET":
    case "EPIPE":
      if (phase === "tls") return faults.handshakeClosed(host, port, error);
      return faults.connectionReset(host, port, error);
  }
  const detail = code || nodeError.message || String(error);
  if (phase === "resolve") return nodeFaults.dnsUnavailable(host, error);
  if (phase === "connect") return faults.connectFailed(host, port, detail, error);
  if (phase === "tls") return faults.tlsFailed(name, detail, error);
  return faults.connectionFailed(host, port, detail, error);
}

/** Faults of certificates (names from OpenSSL's X509_V_ERR_…) and of the TLS protocol; undefined for everything else. */
function tlsFault(error: NodeError, code: string, name: string, port: number, cause: unknown): Fault | undefined {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return nodeFaults.peerCertificateExpired(name, cause);
    case "CERT_NOT_YET_VALID":
      return nodeFaults.peerCertificateNotYetValid(name, cause);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return nodeFaults.peerNameMismatch(name, cause);
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return nodeFaults.peerSelfSigned(name, cause);
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_UNTRUSTED":
      return nodeFaults.peerUnknownCa(name, cause);
    case "CERT_SIGNATURE_FAILURE":
    case "CERT_CHAIN_TOO_LONG":
    case "CERT_REVOKED":
    case "CERT_REJECTED":
    case "INVALID_CA":
    case "INVALID_PURPOSE":
    case "PATH_LENGTH_EXCEEDED":
      return nodeFaults.peerCertificateRejected(name, code.toLowerCase().replaceAll("_", " "), cause);
    // Reasons without a code in Node, such as name constraints: OpenSSL's text tells the reason.
    case "UNSPECIFIED":
      return nodeFaults.peerCertificateRejected(name, error.message ?? code, cause);
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_HTTP_REQUEST":
      return faults.notTls(name, port, cause);
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
      return faults.tlsVersion(name, cause);
  }
  // Only OpenSSL's text tells which alert was received: "…:SSL alert number 40".
  const alert = /SSL alert number (\d+)/.exec(error.message ?? "");
  if (alert) return faults.tlsAlert(name, Number(alert[1]), cause);
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code === "EPROTO") {
    return faults.tlsFailed(name, code, cause);
  }
  return undefined;
}
