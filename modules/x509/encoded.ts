/*
 * Certificates and keys as people have them: PEM text or DER bytes, PEM with one or several blocks.
 *
 * They are only decoded to DER here, and faults name the option that held them. certificate.ts and private-key.ts read the
 * DER.
 */

import { Fault } from "../fault/fault.js";
import { parsePem } from "../text/pem.js";
import { readCertificate } from "./certificate.js";
import { encryptedKey } from "./private-key.js";

/** PEM text, or bytes of DER or PEM. */
export type Encoded = string | Uint8Array;

export const keyLabels: readonly string[] = Object.freeze(["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]);

/** First byte of DER's SEQUENCE; no PEM file begins with it ("0"). */
const derStart = 0x30;

export const badOption = (option: string, what: string): Fault =>
  new Fault("options", "bad-option", `Option "${option}" ${what}.`);

/** @returns the text of PEM, undefined for DER. PEM is plain ASCII, so no decoder is needed */
const pemText = (value: Encoded): string | undefined => {
  if (typeof value === "string") return value;
  if (value.byteLength === 0 || value[0] === derStart) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < value.byteLength; at += 256) parts.push(String.fromCharCode(...value.subarray(at, at + 256)));
  return parts.join("");
};

/**
 * The DER of each PEM block with one of `labels`; DER is returned as it is.
 * @param option name of the option, for faults
 * @throws Fault of stage "options": "bad-option", "key-encrypted"
 */
export const ders = (option: string, value: Encoded, labels: readonly string[]): Uint8Array[] => {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) throw badOption(option, "is neither PEM nor DER");
  const text = pemText(value);
  if (text === undefined) return [value as Uint8Array];
  // "ENCRYPTED PRIVATE KEY", and the older "Proc-Type: 4,ENCRYPTED" inside the armour.
  if (labels === keyLabels && text.includes("ENCRYPTED")) throw encryptedKey();
  const blocks = parsePem(text);
  if (blocks === undefined || blocks.length === 0) throw badOption(option, "is neither PEM nor DER");
  const found = blocks.filter((block) => labels.includes(block.label)).map((block) => block.der);
  if (found.length === 0) throw badOption(option, `holds no block "${labels[0]}" but "${blocks[0].label}"`);
  return found;
};

/** Certificates as DER, from one value or a list of values. @throws Fault of stage "options": "bad-option" */
export const decodeCertificates = (option: string, values: Encoded | Encoded[]): Uint8Array[] => {
  const list = Array.isArray(values) ? values : [values];
  const found: Uint8Array[] = [];
  // Not flatMap: on XS each element of its result takes stack until the end, and a list of roots may be long.
  for (const value of list) for (const der of ders(option, value, ["CERTIFICATE"])) found.push(der);
  return found;
};

/**
 * Trust anchors as DER, each checked to be a readable certificate.
 * @throws Fault of stage "options": "bad-option"
 */
export const readRoots = (roots: readonly Encoded[]): Uint8Array[] => {
  if (!Array.isArray(roots) || roots.length === 0) throw badOption("roots", "must be a list of certificates");
  const decoded = decodeCertificates("roots", roots);
  try {
    for (const der of decoded) readCertificate(der);
  } catch {
    throw badOption("roots", "holds a certificate that cannot be read; each has to be X.509, complete, in PEM or DER");
  }
  return decoded;
};
