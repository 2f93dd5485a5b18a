/*
 * The device's own certificate and key, looked at before anything is sent: a wrong one is then a sentence about the
 * device, not an alert from the server.
 */

import PKCS8 from "pkcs8";
import { badCredentials } from "../fault/network.js";
import type { SecureOptions } from "../host/byte-stream.js";
import { readCertificate } from "../x509/certificate.js";

/** Throws a Fault when certificate and key cannot be used together. */
export function checkCredentials({ certificate, key }: SecureOptions): void {
  const chain = certificate ?? [];
  if (chain.length === 0 && !key) return;
  if (!key) throw badCredentials("there is a certificate but no key");
  if (chain.length === 0) throw badCredentials("there is a key but no certificate");
  try {
    for (const der of chain) readCertificate(der);
  } catch (error) {
    throw badCredentials("the certificate is not one in DER", error);
  }
  try {
    PKCS8.parse(key);
  } catch (error) {
    throw badCredentials(`the key: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
