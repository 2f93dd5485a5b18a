/*
 * The faults of networks and TLS, in words that are the same on every host: Node, the simulator and the ESP32 find out
 * what failed in their own ways and call these functions for code and sentence. Faults that only Node can tell are in
 * hosts/node/faults.ts; those that only our own TLS can tell are in modules/tls/handshake-fault.ts and
 * modules/x509/certificate-fault.ts.
 *
 * Each sentence names the server and says what the operator should check first.
 */

import { Fault } from "./fault.js";

/** How messages name a server: "hub.example:443". */
export const at = (host: string, port: number): string => {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
};

// Stage "resolve".

export const hostNotFound = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "resolve",
    "host-not-found",
    `The name ${host} does not exist; check the configured host for typing errors and that the network's DNS knows it.`,
    cause,
  );
};

// Stage "connect".

export const connectionRefused = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "connect",
    "connection-refused",
    `${at(host, port)} refused the connection; check the port and that the server is running.`,
    cause,
  );
};

export const connectTimeout = (host: string, port: number, timeoutMs: number, cause?: unknown): Fault => {
  return new Fault(
    "connect",
    "connect-timeout",
    `${at(host, port)} did not answer within ${timeoutMs} ms; check host and port, and whether a firewall drops the packets.`,
    cause,
  );
};

export const connectFailed = (host: string, port: number, detail: string, cause?: unknown): Fault => {
  return new Fault(
    "connect",
    "connect-failed",
    `Connecting to ${at(host, port)} failed (${detail}); check the device's network.`,
    cause,
  );
};

// Stage "tls". `host` is the name that the certificate had to be valid for.

export const notTls = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "not-tls",
    `${at(host, port)} does not speak TLS; check the port, or switch TLS off for a server without it.`,
    cause,
  );
};

export const tlsVersion = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "tls-version",
    `${host} and the device have no TLS version in common; the device needs TLS 1.2.`,
    cause,
  );
};

export const handshakeTimeout = (host: string, port: number, timeoutMs: number): Fault => {
  return new Fault(
    "tls",
    "handshake-timeout",
    `${at(host, port)} did not finish the TLS handshake within ${timeoutMs} ms; check that the port is the TLS one and how loaded the server is.`,
  );
};

/** The server closed during the handshake, as NervesHub does beyond its rate limit (100 connections a second by default). */
export const handshakeClosed = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "handshake-closed",
    `${at(host, port)} closed the connection during the TLS handshake; the server may be limiting connections, or want a client certificate.`,
    cause,
  );
};

export const tlsFailed = (host: string, detail: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "tls-failed",
    `The TLS connection to ${host} failed (${detail}); check the server's TLS settings.`,
    cause,
  );
};

/** The device's own certificate or key cannot be used. */
export const badCredentials = (detail: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "bad-credentials",
    `The device's certificate and key cannot be used (${detail}); check that they are DER, belong together and are of a supported type.`,
    cause,
  );
};

/** The configured trust anchors cannot be used. */
export const badRoots = (detail: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "bad-roots",
    `A configured root certificate cannot be used (${detail}); it has to be one certificate in DER.`,
    cause,
  );
};

/** The server ended the connection with a TLS alert. */
export const tlsAlert = (host: string, alert: number, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    `tls-alert-${alert}`,
    `${host} refused the TLS connection with alert ${alert} (${alertMeaning(alert)}.`,
    cause,
  );
};

const registration = "the device's certificate or its authority is registered at the server and is not self-signed";

/** Names from RFC 5246 §7.2 and RFC 8446 §6.2, with what each usually means when a device meets it. */
const alertMeaning = (alert: number): string => {
  switch (alert) {
    case 40: // what NervesHub sends for every refused certificate
      return `handshake failure): check that ${registration}, and that both sides have a cipher suite in common`;
    case 42:
      return `bad certificate): check that ${registration}`;
    case 43:
      return "unsupported certificate): the server cannot use the device's kind of certificate or key";
    case 44:
      return "certificate revoked): provision a new certificate for the device";
    case 45:
      return "certificate expired): provision a new certificate for the device";
    case 46:
      return `certificate unknown): check that ${registration}`;
    case 48:
      return "unknown CA): register the authority of the device's certificate at the server";
    case 49:
      return `access denied): check that ${registration}`;
    case 51:
      return "decrypt error): the device's key probably does not belong to its certificate";
    case 70:
      return "protocol version): the device needs TLS 1.2; allow it on the server";
    case 71:
      return "insufficient security): allow ECDHE with AES-128-GCM on the server";
    case 80:
      return "internal error): the server failed; see its log";
    case 112:
      return "unrecognized name): the server does not know this host name; check the configured host";
    case 116:
      return "certificate required): the server insists on a client certificate; configure one";
    default:
      return "unknown to this device): see the server's log";
  }
};

// Stage "transport".

export const connectionReset = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "transport",
    "connection-reset",
    `${at(host, port)} cut the connection; a restarted server, a proxy or a lost network do that. It will be tried again.`,
    cause,
  );
};

export const connectionFailed = (host: string, port: number, detail: string, cause?: unknown): Fault => {
  return new Fault(
    "transport",
    "connection-failed",
    `The connection to ${at(host, port)} failed (${detail}). It will be tried again.`,
    cause,
  );
};
