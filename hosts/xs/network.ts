/*
 * PlainNetwork: TCP without TLS on XS. SecureNetwork (modules/tls) adds TLS to it; a build with TLS hands out that one.
 */

import type { ByteStream, ByteStreamListener, ByteStreamOptions, Network } from "../../modules/platform/byte-stream.js";
import { type Resolve, SocketStream } from "./socket-stream.js";

export class PlainNetwork implements Network {
  private readonly _resolve: Resolve;

  /** @param resolve the platform's way to look a name up */
  constructor(resolve: Resolve) {
    this._resolve = resolve;
  }

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    return new SocketStream(options, this._resolve, listener);
  }
}
