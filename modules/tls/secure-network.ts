/*
 * SecureNetwork: adds TLS to a Network that opens plain TCP streams. It remembers TLS sessions, so one object should serve
 * all connections of an app.
 */

import type { ByteStream, ByteStreamListener, ByteStreamOptions, Network } from "../platform/byte-stream.js";
import { readRoots } from "../x509/encoded.js";
import { type SecureEnvironment, SecureStream } from "./secure-stream.js";
import { SessionCache } from "./session-cache.js";

export class SecureNetwork implements Network {
  private readonly _environment: SecureEnvironment;

  constructor(environment: Omit<SecureEnvironment, "cache">) {
    this._environment = { ...environment, cache: new SessionCache(environment.clock) };
  }

  readRoots(roots: readonly (string | Uint8Array)[]): Uint8Array[] {
    return readRoots(roots);
  }

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    return options.secure
      ? new SecureStream(options, options.secure, this._environment, listener)
      : this._environment.network.open(options, listener);
  }
}
