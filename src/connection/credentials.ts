/*
 * Who the device is, as it will prove it: a certificate chain with its key, or a shared secret.
 *
 * The rule it guards: what cannot work is refused here, before anything was sent. What may not work (dates, how
 * NervesHub judges a certificate) is said, by certificateWarnings, and tried.
 */

import { Fault } from "../../modules/fault/fault.js";
import { parsePem } from "../../modules/text/pem.js";
import { type Certificate, nameForPeople, readCertificate, sameBytes } from "../../modules/x509/certificate.js";
import { belongsTo, encryptedKey, readPrivateKey } from "../../modules/x509/private-key.js";

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

/** PEM text, or bytes of DER or PEM. */
type Encoded = string | Uint8Array;

const keyLabels = Object.freeze(["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]);

/** First byte of DER's SEQUENCE; no PEM file begins with it ("0"). */
const derStart = 0x30;

const bad = (option: string, what: string): Fault => {
  return new Fault("options", "bad-option", `Option "${option}" ${what}.`);
};

/** The text of bytes that are PEM: plain ASCII, so no decoder is needed. */
const pemText = (value: Encoded): string | undefined => {
  if (typeof value === "string") return value;
  if (value.byteLength === 0 || value[0] === derStart) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < value.byteLength; at += 256) parts.push(String.fromCharCode(...value.subarray(at, at + 256)));
  return parts.join("");
};

/** DER of PEM blocks with one of `labels`, or of DER as it is. */
const ders = (option: string, value: Encoded, labels: readonly string[]): Uint8Array[] => {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) throw bad(option, "is neither PEM nor DER");
  const text = pemText(value);
  if (text === undefined) return [value as Uint8Array];
  // "ENCRYPTED PRIVATE KEY", and the older "Proc-Type: 4,ENCRYPTED" inside the armour.
  if (labels === keyLabels && text.includes("ENCRYPTED")) throw encryptedKey();
  const blocks = parsePem(text);
  if (blocks === undefined || blocks.length === 0) throw bad(option, "is neither PEM nor DER");
  const found = blocks.filter((block) => labels.includes(block.label)).map((block) => block.der);
  if (found.length === 0) throw bad(option, `holds no block "${labels[0]}" but "${blocks[0].label}"`);
  return found;
};

/** Certificates as DER, from one value or a list of them. */
export const decodeCertificates = (option: string, values: Encoded | Encoded[]): Uint8Array[] => {
  const list = Array.isArray(values) ? values : [values];
  const found: Uint8Array[] = [];
  // No flatMap: on XS each element of its result takes stack until the end, and a list of roots may be long.
  for (const value of list) for (const der of ders(option, value, ["CERTIFICATE"])) found.push(der);
  return found;
};

const readChain = (ders: readonly Uint8Array[]): Certificate[] => {
  try {
    return ders.map(readCertificate);
  } catch (error) {
    throw new Fault(
      "options",
      "own-certificate-malformed",
      'A certificate of option "auth.certificate" cannot be read; it has to be X.509, in PEM or DER, and complete.',
      error,
    );
  }
};

/**
 * @throws Fault of stage "options": "bad-option", "own-certificate-malformed", "key-encrypted", "key-unsupported",
 * "key-malformed" or "key-mismatch"
 */
export const certificateCredentials = (certificate: Encoded | Encoded[], key: Encoded): CertificateCredentials => {
  const [keyDer] = ders("auth.key", key, keyLabels);
  const privateKey = readPrivateKey(keyDer);
  const chainDer = decodeCertificates("auth.certificate", certificate);
  const chain = readChain(chainDer);
  if (chain.length === 0) throw bad("auth.certificate", "is empty");
  if (belongsTo(privateKey, chain[0].publicKey) === false) {
    const owner = chain.find(({ publicKey }) => belongsTo(privateKey, publicKey) === true);
    const what = owner
      ? `belongs to ${nameForPeople(owner.subject)}, which is not the first certificate: put the device's own first`
      : `does not belong to the certificate of ${nameForPeople(chain[0].subject)}: give the key that it was made for`;
    throw new Fault("options", "key-mismatch", `The private key ${what}.`);
  }
  return { type: "certificate", certificate: chainDer, key: privateKey.pkcs8 };
};

const day = (ms: number): string => {
  return new Date(ms).toISOString().slice(0, 10);
};

/**
 * What NervesHub will most likely refuse by TLS alert 40, whatever the reason.
 * @param nowMs undefined while the time is unknown: dates are then not judged
 * @returns faults to be shown, none when all is well
 */
export const certificateWarnings = ({ certificate }: CertificateCredentials, nowMs: number | undefined): Fault[] => {
  const leaf = readCertificate(certificate[0]);
  const name = nameForPeople(leaf.subject);
  const faults: Fault[] = [];
  const warn = (code: string, sentence: string): void => void faults.push(new Fault("options", code, sentence));
  if (sameBytes(leaf.subject, leaf.issuer)) {
    warn(
      "own-certificate-self-signed",
      `The device's certificate ${name} is self-signed, which NervesHub refuses even when registered: sign it with a CA of yours and register that.`,
    );
  } else if (leaf.authorityKeyIdentifier === undefined) {
    warn(
      "own-certificate-without-issuer-key",
      `The device's certificate ${name} has no Authority Key Identifier, by which NervesHub finds its CA: issue it again with "authorityKeyIdentifier = keyid".`,
    );
  }
  if (nowMs !== undefined && nowMs > leaf.notAfterMs) {
    warn(
      "own-certificate-expired",
      `The device's certificate ${name} expired on ${day(leaf.notAfterMs)}, which NervesHub forgives only one that it knows already: renew it, or check the clock (${day(nowMs)}).`,
    );
  } else if (nowMs !== undefined && nowMs < leaf.notBeforeMs) {
    warn(
      "own-certificate-not-yet-valid",
      `The device's certificate ${name} is valid from ${day(leaf.notBeforeMs)} on and the clock says ${day(nowMs)}: one of the two is wrong.`,
    );
  }
  return faults;
};
