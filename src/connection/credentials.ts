/*
 * Credentials: who the device is, as it will prove it. A shared secret is here; a client certificate is a feature
 * (src/features/client-certificate).
 *
 * The rule it guards: a secret or a key is in a private field of the language, where nothing that walks over a link's
 * properties finds it.
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
  /** Once, while the link is made: what cannot work is refused. @throws Fault of stage "options" */
  check(): void;
  /** For one attempt: certificate and key, in DER. */
  identity(): Pick<SecureOptions, "certificate" | "key">;
  /**
   * What NervesHub will most likely refuse by TLS alert 40, whatever the reason.
   * @param nowMs undefined while the time is unknown: dates are then not judged
   * @returns faults to be shown, none when all is well
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

  /** Signed for `time`, in seconds since 1970. */
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
