/*
 * The faults that only Node can tell, since its network and OpenSSL say more than a device's TCP. Faults that every host can
 * tell are in modules/fault/network.ts. Where our own TLS refuses for the same reason (modules/x509/certificate-fault.ts),
 * the code is the same.
 */

import { Fault } from "../../modules/fault/fault.js";
import { at } from "../../modules/fault/network.js";

export const dnsUnavailable = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "resolve",
    "dns-unavailable",
    `The name ${host} could not be looked up because no DNS server answered; check the device's network and its DNS setting.`,
    cause,
  );
};

export const hostUnreachable = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "connect",
    "host-unreachable",
    `There is no route to ${at(host, port)}; check the device's network, gateway and firewall.`,
    cause,
  );
};

// Stage "tls". `host` is the name that the certificate had to be valid for.

export const peerCertificateExpired = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "certificate-expired",
    `The certificate of ${host} has expired; check the device's clock, then renew the server's certificate.`,
    cause,
  );
};

export const peerCertificateNotYetValid = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "certificate-not-yet-valid",
    `The certificate of ${host} is not valid yet; the device's clock is probably behind.`,
    cause,
  );
};

export const peerNameMismatch = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "certificate-name-mismatch",
    `The server's certificate is not for ${host}; check the configured host, or the names in the certificate.`,
    cause,
  );
};

export const peerUnknownCa = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "unknown-ca",
    `The certificate of ${host} is not signed by a trusted authority; add its root certificate to the device, and check that the server sends its intermediates.`,
    cause,
  );
};

export const peerSelfSigned = (host: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "self-signed",
    `The certificate of ${host} is self-signed or below a private authority; add that root certificate to the device.`,
    cause,
  );
};

export const peerCertificateRejected = (host: string, detail: string, cause?: unknown): Fault => {
  return new Fault(
    "tls",
    "certificate-rejected",
    `The certificate of ${host} cannot be trusted (${detail}); check the server's certificate chain.`,
    cause,
  );
};

export const connectionTimedOut = (host: string, port: number, cause?: unknown): Fault => {
  return new Fault(
    "transport",
    "connection-timed-out",
    `${at(host, port)} no longer answers; check the device's network. It will be tried again.`,
    cause,
  );
};
