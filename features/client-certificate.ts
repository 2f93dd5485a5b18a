/*
 * The module "nerveshub/features/client-certificate": a device that proves itself by a certificate.
 */

export {
  ClientCertificate,
  type ClientCertificateOptions,
} from "../src/features/client-certificate/client-certificate.js";
