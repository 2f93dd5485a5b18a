/*
 * Identity: the device's own certificate and key, checked before anything is sent, so that a wrong one ends in a sentence
 * about the device and not in an alert of the server.
 */

import { Fault } from "../fault/fault.js";
import { badCredentials } from "../fault/network.js";
import type { SecureOptions } from "../platform/byte-stream.js";
import { readCertificate } from "../x509/certificate.js";
import { matchesKey, readPrivateKey } from "../x509/private-key.js";

export interface Identity {
  /** DER, the device's own certificate first. */
  readonly chain: Uint8Array[];
  /** PKCS#8 DER, RSA or EC P-256. */
  readonly key: Uint8Array;
}

/**
 * @returns undefined when there is neither certificate nor key
 * @throws Fault of stage "tls" when certificate and key cannot be used together.
 */
export const readIdentity = ({ certificate: chain = [], key }: SecureOptions): Identity | undefined => {
  if (chain.length === 0 && !key) return undefined;
  if (!key) throw badCredentials("there is a certificate but no key");
  if (chain.length === 0) throw badCredentials("there is a key but no certificate");
  try {
    const [own] = chain.map(readCertificate);
    const read = readPrivateKey(key);
    if (matchesKey(read, own.publicKey) === false) throw badCredentials("the key does not belong to the certificate");
    return { chain, key: read.pkcs8 };
  } catch (error) {
    if (!(error instanceof Fault)) throw badCredentials("the certificate is not one in DER", error);
    throw error.stage === "tls" ? error : new Fault("tls", "bad-credentials", error.message, error);
  }
};
