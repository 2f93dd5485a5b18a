/*
 * Credentials: how the device proves its identity. The shared secret is here; the client certificate is a feature
 * (src/features/client-certificate).
 *
 * The rule it guards: a secret or a private key is in a `#` field, where code that walks over a link's properties does not
 * find it.
 */

import type { Fault } from "../../modules/fault/fault.js";
import { sharedSecretHeaders } from "../../modules/nh1/shared-secret.js";
import type { SecureOptions } from "../../modules/platform/byte-stream.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { cut } from "../../modules/text/cut.js";
import { certificateSocketPath, sharedSecretSocketPath } from "../protocol.js";

/** A certificate chain with its key. */
export interface CertificateCredentials {
  readonly type: "certificate";
  /** Checks certificate and key, once, while the link is constructed. @throws Fault of stage "options" */
  check(): void;
  /** For one attempt: certificate and key, in DER. */
  identity(): Pick<SecureOptions, "certificate" | "key">;
  /**
   * Finds what will most likely make NervesHub refuse the certificate; NervesHub answers with TLS alert 40 for every reason.
   * @param nowMs milliseconds since 1970; undefined while the time is unknown: validity dates are then not checked
   * @returns a fault for each finding, to be logged
   */
  warnings(nowMs: number | undefined): Fault[];
}

export class SharedSecret {
  readonly type = "shared-secret";
  readonly key: string;
  readonly identifier: string;
  readonly #secret: string;

  constructor(key: string, secret: string, identifier: string) {
    this.key = key;
    this.identifier = identifier;
    this.#secret = secret;
  }

  /** The headers of an upgrade request, signed for `time` in seconds since 1970. */
  headers(crypto: Crypto, time: number): [string, string][] {
    const { key, identifier } = this;
    return sharedSecretHeaders(crypto, { key, identifier, secret: this.#secret, time });
  }

  /** For the log. */
  get shown(): string {
    return `shared secret ${cut(this.key, 8)}… as "${this.identifier}"`;
  }
}

export type Credentials = CertificateCredentials | SharedSecret;

export const socketPathOf = ({ type }: Credentials): string =>
  type === "certificate" ? certificateSocketPath : sharedSecretSocketPath;
