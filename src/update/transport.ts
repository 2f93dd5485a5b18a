/*
 * Transport: whether a file may be fetched from its URL. Pure.
 *
 * Over http anybody on the path can replace the file, and anybody can make the hashes inside an ESP-IDF image. The rule it
 * guards: when the hub is reached over TLS, a file over http is taken only with a SHA-256 of the whole file, which the hub sent
 * over TLS; checksums of parts do not count. (A redirect from https to http is never followed, modules/http/get.ts.) Without
 * TLS to the hub, its checksum can be replaced as easily as the file.
 */

import { Fault } from "../../modules/fault/fault.js";
import { parseUrl } from "../../modules/http/url.js";

export interface Transport {
  readonly url: string;
  /** SHA-256 of the file at the URL, if the hub gave one. */
  readonly checksum: string | undefined;
}

/**
 * @param tls whether the hub is reached over TLS now, after redirects
 * @throws Fault of stage "offer": "plain-download"
 */
export const checkTransport = ({ url, checksum }: Transport, tls: boolean): void => {
  if (!tls || checksum !== undefined || parseUrl(url)?.scheme !== "http") return;
  throw new Fault(
    "offer",
    "plain-download",
    "The file comes over http: without a checksum, so anybody on the path could replace it: make the server's file URL https (NervesHub 2.4.0 and older send no checksum with pushes by hand).",
  );
};
