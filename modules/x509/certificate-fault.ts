/*
 * The refusals of a certificate that need what only our own TLS knows (dates, names, key identifiers), as Faults of stage
 * "tls".
 *
 * Faults that every host can tell are in modules/fault/network.ts. Where Node's TLS refuses for a reason that is here too,
 * the code is the same and the sentence here says more.
 */

import { Fault } from "../fault/fault.js";

const day = (ms: number): string => {
  return new Date(ms).toISOString().slice(0, 10);
};

export const secureFault = (code: string, sentence: string, cause?: unknown): Fault => {
  return new Fault("tls", code, sentence, cause);
};

export const clockUnknown = (): Fault => {
  return secureFault(
    "clock-unknown",
    "The time is not known yet, so no certificate can be judged: set the clock (SNTP) before connecting.",
  );
};

/** @param nowMs what the clock says, before any time this software can run at */
export const clockWrong = (nowMs: number): Fault => {
  return secureFault(
    "clock-wrong",
    `The device's clock says ${day(nowMs)}, which is before this software was made: set the clock (SNTP) and try again.`,
  );
};

/** @param which the certificate's subject, for people */
export const certificateExpired = (which: string, notAfterMs: number, nowMs: number): Fault => {
  return secureFault(
    "certificate-expired",
    `The certificate of ${which} expired on ${day(notAfterMs)} and today is ${day(nowMs)}: it has to be renewed.`,
  );
};

export const certificateNotYetValid = (which: string, notBeforeMs: number, nowMs: number): Fault => {
  return secureFault(
    "certificate-not-yet-valid",
    `The certificate of ${which} is valid from ${day(notBeforeMs)} on and the device's clock says ${day(nowMs)}: one of the two is wrong.`,
  );
};

/** @param offered names and addresses of the certificate, the first few */
export const nameMismatch = (wanted: string, offered: readonly string[]): Fault => {
  const names = offered.length > 0 ? offered.join(", ") : "no name at all (a subjectAltName is needed)";
  return secureFault(
    "certificate-name-mismatch",
    `The server was to be ${wanted}, but its certificate is for ${names}.`,
  );
};

/**
 * @param issuer the missing issuer's name, for people
 * @param keyIdentifier its key identifier in hexadecimal, if the certificate names one
 * @param hint what would make it known, if that can be told
 */
export const unknownCa = (issuer: string, keyIdentifier: string | undefined, hint?: string): Fault => {
  const key = keyIdentifier ? ` (key identifier ${keyIdentifier})` : "";
  const help = hint ?? "configure that CA as a root, or let the server send its whole chain";
  return secureFault("unknown-ca", `The server's certificates lead to ${issuer}${key}, which is not trusted: ${help}.`);
};

export const selfSigned = (subject: string): Fault => {
  return secureFault(
    "self-signed",
    `The server's certificate (${subject}) is self-signed: configure it as a root, or give the server one from a trusted CA.`,
  );
};

/**
 * @param issuer the issuer's name, for people
 * @param reason why its certificate may not issue the one below, as the end of a sentence
 */
export const issuerNotCa = (issuer: string, reason: string): Fault => {
  return secureFault(
    "issuer-not-ca",
    `The server's chain uses the certificate of ${issuer} as an issuer, but ${reason}.`,
  );
};

/**
 * @param which the certificate's subject, for people
 * @param name the name in the certificate that the name constraints do not permit
 * @param issuer the CA that has the name constraints, for people
 */
export const nameNotPermitted = (which: string, name: string, issuer: string): Fault => {
  return secureFault(
    "certificate-name-not-permitted",
    `The certificate of ${which} is for ${name}, which the name constraints of ${issuer} do not permit: the server needs a certificate of a CA that may name it.`,
  );
};

export const badCertificateSignature = (which: string): Fault => {
  return secureFault(
    "bad-certificate-signature",
    `The signature on the certificate of ${which} is wrong: its issuer did not make it.`,
  );
};

export const certificateMalformed = (cause: unknown): Fault => {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return secureFault("certificate-malformed", `The server sent a certificate that cannot be read (${detail}).`, cause);
};

/** @param what why the certificate cannot be used, as the end of a sentence: its key, algorithm or extension */
export const certificateUnsupported = (which: string, what: string): Fault => {
  return secureFault("certificate-unsupported", `The certificate of ${which} cannot be used: ${what}.`);
};
