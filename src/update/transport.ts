/*
 * May a file be fetched from this URL at all? Pure.
 *
 * Over http anybody on the path replaces the file, and an ESP-IDF image vouches for itself with hashes that anybody can
 * make. The rule it guards: where the hub was reached over TLS, a file over http is taken only with the SHA-256 of the
 * whole, which the hub said over TLS; checksums of parts do not count. (A redirect from https to http is never followed,
 * modules/http/get.ts.) Without TLS to the hub, nothing that it says is worth more than the file.
 */

import { Fault } from "../../modules/fault/fault.js";
import { parseUrl } from "../../modules/http/url.js";

export interface Transport {
  readonly url: string;
  /** SHA-256 of the file at the URL, if the hub gave one. */
  readonly checksum: string | undefined;
}

/**
 * @param tls the hub is reached over TLS now, which a redirect may have brought about
 * @throws Fault "plain-download"
 */
export const checkTransport = ({ url, checksum }: Transport, tls: boolean): void => {
  if (!tls || checksum !== undefined || parseUrl(url)?.scheme !== "http") return;
  throw new Fault(
    "offer",
    "plain-download",
    "The file comes over http: without a checksum, so anybody on the path could replace it: make the server's file URL https (NervesHub 2.4.0 and older send no checksum with pushes by hand).",
  );
};
