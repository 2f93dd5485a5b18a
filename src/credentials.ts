/*
 * Who the device is, as it will prove it: a certificate chain with its key, or a shared secret. Text armour is taken off
 * here; what a key or certificate says inside is not looked at.
 */

import { Fault } from "../modules/fault/fault.js";
import { parsePem } from "../modules/text/pem.js";

export interface CertificateCredentials {
  readonly type: "certificate";
  /** DER, leaf first. */
  readonly certificate: Uint8Array[];
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
}

export interface SharedSecretCredentials {
  readonly type: "shared-secret";
  readonly key: string;
  readonly secret: string;
  readonly identifier: string;
}

export type Credentials = CertificateCredentials | SharedSecretCredentials;

type Encoded = string | Uint8Array;

function bad(option: string, what: string): Fault {
  return new Fault("options", "bad-option", `Option "${option}" ${what}.`);
}

/** DER of PEM blocks with one of `labels`, or of DER as it is. */
function ders(option: string, value: Encoded, labels: readonly string[]): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  const blocks = typeof value === "string" ? parsePem(value) : undefined;
  if (blocks === undefined) throw bad(option, "is neither PEM nor DER");
  const found = blocks.filter((block) => labels.includes(block.label)).map((block) => block.der);
  if (found.length === 0) throw bad(option, `holds no block "${labels[0]}"`);
  return found;
}

function certificates(option: string, values: Encoded | Encoded[]): Uint8Array[] {
  const list = Array.isArray(values) ? values : [values];
  return list.flatMap((value) => ders(option, value, ["CERTIFICATE"]));
}

function from(certificate: Encoded | Encoded[], key: Encoded): CertificateCredentials {
  const [der] = ders("auth.key", key, ["PRIVATE KEY"]);
  return { type: "certificate", certificate: certificates("auth.certificate", certificate), key: der };
}

export const certificateCredentials = Object.freeze({ certificates, from });
