/*
 * The opening handshake (RFC 6455 §4.1, §4.2.2): the request, and the check of the response.
 *
 * No extension and no subprotocol is offered, so none may be in the response. `Origin` is left out on purpose: NervesHub
 * refuses an origin that it does not expect, and does not require the header.
 */

import { Fault } from "../fault/fault.js";
import type { ResponseHead } from "../http/head.js";
import { requestText } from "../http/request.js";
import { parseUrl, type Url } from "../http/url.js";
import type { Crypto } from "../platform/crypto.js";
import type { Random } from "../platform/random.js";
import { toBase64 } from "../text/base64.js";
import { encodeUtf8 } from "../text/utf8.js";
import type { WebSocketOptions } from "./options.js";

// RFC 6455 §1.3.
const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The URL of a WebSocket. `host` is an IPv6 address without brackets, `path` has the query.
 *
 * @throws Fault of stage "options": "bad-endpoint"
 */
export const upgradeUrl = ({ host, port, path, secure }: WebSocketOptions): Url => {
  const name = host.includes(":") ? `[${host}]` : host;
  const url = parseUrl(`${secure ? "wss" : "ws"}://${name}:${port}${path}`);
  if (!url)
    throw new Fault("options", "bad-endpoint", "Host, port and path do not make a URL; give the host without scheme.");
  return url;
};

/** A fresh `Sec-WebSocket-Key`. */
export const upgradeKey = (random: Random): string => {
  const nonce = new Uint8Array(16);
  random.fill(nonce);
  return toBase64(nonce);
};

/** The `Sec-WebSocket-Accept` that belongs to a key. */
export const acceptFor = (key: string, crypto: Crypto): string => {
  const digest = crypto.digest("sha1");
  digest.update(encodeUtf8(key + magic));
  return toBase64(digest.finish());
};

/** The upgrade request; `headers` are the caller's own. */
export const upgradeRequest = (url: Url, key: string, headers: [name: string, value: string][]): string => {
  return requestText(url, [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", key],
    ...headers,
  ]);
};

/**
 * @param accept the `Sec-WebSocket-Accept` that is expected
 * @param peer the URL for messages, without its query
 * @returns why a 101 is not acceptable; undefined when it is acceptable
 */
export const upgradeFault = (head: ResponseHead, accept: string, peer: string): Fault | undefined => {
  const { headers } = head;
  const fault = (code: string, what: string): Fault =>
    new Fault(
      "upgrade",
      code,
      `${peer} agreed to a WebSocket but ${what}; a proxy or cache between may not understand WebSockets.`,
    );
  if (!tokens(headers.get("upgrade")).includes("websocket")) return fault("bad-upgrade", "did not upgrade to one");
  if (!tokens(headers.get("connection")).includes("upgrade"))
    return fault("bad-connection", "did not say so in Connection");
  if (headers.get("sec-websocket-accept") !== accept) return fault("bad-accept", "its proof does not match our key");
  // A header without a value agrees to nothing: some servers and proxies send one where nothing was offered.
  if (tokens(headers.get("sec-websocket-extensions")).length > 0)
    return fault("unasked-extension", "with an extension that was not offered");
  if (tokens(headers.get("sec-websocket-protocol")).length > 0)
    return fault("unasked-protocol", "with a subprotocol that was not offered");
  return undefined;
};

/** The members of a list, in lower case (RFC 9110 §5.6.1: empty ones do not count). */
const tokens = (list = ""): string[] => {
  return list
    .split(",")
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== "");
};
