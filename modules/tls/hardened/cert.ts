/*
 * Replaces the SDK's `ssl/cert`, which lets any certificate be an issuer and cannot verify a chain of one.
 *
 * In a session with a `trust` option, as our SecureStream makes it, `trust` judges the whole chain. Sessions of other code
 * in the same app (the SDK's TLSSocket) keep the SDK's rules, after two more checks: issuers are CAs, dates are valid.
 */

/// <reference path="../../../types/tls.d.ts" />

import BER from "ber";
import { requireShape } from "nerveshub/modules/tls/hardened/shape";
import { signatureNumbers } from "nerveshub/modules/tls/hardened/signature";
import sdk from "sdk/ssl/cert";
import X509 from "x509";

requireShape("ssl/cert", sdk, ["register"]);
requireShape("ssl/cert", sdk.prototype, ["verify", "_verify", "register", "getKey", "findPreferredCert"]);
requireShape("x509", X509, ["decode", "decodeTBS", "decodeExtension"]);

const basicConstraints = Object.freeze([2, 5, 29, 19]);

const isCa = (certificate: Uint8Array): boolean => {
  const extension = X509.decodeExtension(certificate, basicConstraints);
  if (!extension) return false;
  const constraints = new BER(new BER(extension).getSequence());
  return (
    constraints.readable >= 3 &&
    constraints.getTag() === 1 &&
    constraints.getLength() === 1 &&
    constraints.getTag() !== 0
  );
};

const isInDate = (certificate: Uint8Array): boolean => {
  const { from, to } = X509.decodeTBS(X509.decode(certificate).tbs).validity;
  const now = Date.now();
  return from < now && now < to;
};

export default class CertificateManager extends sdk {
  readonly #options: ConstructorParameters<typeof sdk>[0];
  #peerKey: unknown;

  constructor(options: ConstructorParameters<typeof sdk>[0]) {
    super(options);
    this.#options = options;
  }

  /** @returns whether the chain passes @throws the Fault of `trust`; without `trust`, Error for an issuer or a date */
  override verify(certificates: Uint8Array[], options: object): boolean {
    const trust = this.#options.trust;
    if (trust) {
      this.#peerKey = trust.verify(certificates);
      return true;
    }
    if (this.#options.verify ?? true) {
      if (!certificates.slice(1).every(isCa)) throw new Error("a certificate that is not a CA's is used as an issuer");
      if (!certificates.every(isInDate)) throw new Error("a certificate is not valid today");
    }
    return super.verify(certificates, options);
  }

  /** Checks the range of r and s before a certificate's signature: the SDK's ECDSA never returns when s is 0. */
  override _verify(key: Parameters<typeof sdk.prototype._verify>[0], certificate: { sig: Uint8Array }): boolean {
    if (key?.curve && !signatureNumbers(certificate.sig, key.curve.n)) return false;
    return super._verify(key, certificate);
  }

  override register(certificate: ArrayBuffer): void {
    // The SDK's constructor calls this for its `certificate` option before `#options` exists.
    if (!(#options in this) || !this.#options.trust) super.register(certificate);
  }

  /** @returns the verified public key of the server, or for the client certificate the device's private key */
  override getKey(certificate: ArrayBuffer | Uint8Array | undefined): unknown {
    if (!this.#options.trust) return super.getKey(certificate);
    return certificate && certificate === this.#options.clientCertificates?.[0]
      ? super.getKey(certificate)
      : this.#peerKey;
  }
}
