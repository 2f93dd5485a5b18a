/*
 * ClientCertificate: credentials that are an X.509 certificate and its private key, passed as `auth`.
 *
 * The rule it guards: a certificate or key that cannot work is refused by `check`, before anything is sent. A certificate that
 * may not work (its dates, NervesHub's rules) is tried, and `warnings` says why it may fail.
 */

import { Fault } from "../../../modules/fault/fault.js";
import type { SecureOptions } from "../../../modules/platform/byte-stream.js";
import { sameBytes } from "../../../modules/text/same-bytes.js";
import { type Certificate, nameForPeople, readCertificate } from "../../../modules/x509/certificate.js";
import { badOption, decodeCertificates, ders, type Encoded, keyLabels } from "../../../modules/x509/encoded.js";
import { matchesKey, readPrivateKey } from "../../../modules/x509/private-key.js";
import type { CertificateCredentials } from "../../connection/credentials.js";

export interface ClientCertificateOptions {
  /** The device's certificate first, then the issuers that the server does not know. */
  certificate: Encoded | Encoded[];
  /** Private key of the first certificate, not encrypted: PKCS#8 or SEC1 for EC P-256, PKCS#8 or PKCS#1 for RSA. */
  key: Encoded;
}

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

const day = (ms: number): string => {
  return new Date(ms).toISOString().slice(0, 10);
};

export class ClientCertificate implements CertificateCredentials {
  readonly type = "certificate";
  #given: ClientCertificateOptions | undefined;
  private _certificate: Uint8Array[] = [];
  /** PKCS#8 DER. */
  #key: Uint8Array = new Uint8Array(0);

  constructor(options: ClientCertificateOptions) {
    this.#given = options;
  }

  /**
   * @throws Fault of stage "options": "bad-option", "own-certificate-malformed", "key-encrypted", "key-unsupported",
   * "key-malformed" or "key-mismatch"
   */
  check(): void {
    if (this.#given === undefined) return;
    const { certificate, key } = this.#given;
    const [keyDer] = ders("auth.key", key, keyLabels);
    const privateKey = readPrivateKey(keyDer);
    const chainDer = decodeCertificates("auth.certificate", certificate);
    const chain = readChain(chainDer);
    if (chain.length === 0) throw badOption("auth.certificate", "is empty");
    if (matchesKey(privateKey, chain[0].publicKey) === false) {
      const owner = chain.find(({ publicKey }) => matchesKey(privateKey, publicKey) === true);
      const what = owner
        ? `belongs to ${nameForPeople(owner.subject)}, which is not the first certificate: put the device's own first`
        : `does not belong to the certificate of ${nameForPeople(chain[0].subject)}: give the key that it was made for`;
      throw new Fault("options", "key-mismatch", `The private key ${what}.`);
    }
    this._certificate = chainDer;
    this.#key = privateKey.pkcs8;
    this.#given = undefined;
  }

  identity(): Pick<SecureOptions, "certificate" | "key"> {
    return { certificate: this._certificate, key: this.#key };
  }

  warnings(nowMs: number | undefined): Fault[] {
    const leaf = readCertificate(this._certificate[0]);
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
  }
}
