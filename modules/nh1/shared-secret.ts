/*
 * NH1: NervesHub's shared-secret authentication. Four request headers that prove knowledge of a product's or a device's
 * secret; the identifier travels inside the signed token (nerves_hub_web, device_link/authentication.ex).
 *
 * The rule it guards: the secret is used as its UTF-8 text, never base64-decoded, and it never leaves
 * `sharedSecretHeaders`.
 */

import type { Crypto, DigestName } from "../platform/crypto.js";
import { toBase64Url } from "../text/base64.js";
import { encodeUtf8 } from "../text/utf8.js";
import { encodeTokenTerm } from "./external-term.js";

export interface SharedSecretOptions {
  /** Key id: "nhp_…" of a product or "nhd_…" of a device. */
  key: string;
  secret: string;
  identifier: string;
  /** Signing time, whole seconds since 1970. The server accepts an age of 0 to 90 s, and no time of the future. */
  time: number;
  /** "NH1-HMAC-<digest>-<iterations>-<bytes>", part of the salt exactly as spelled. Default: what every client uses. */
  algorithm?: string;
  /** Seconds. The server ignores it and applies a limit of its own. */
  maxAge?: number;
}

/** 1000 iterations and 32 bytes are what the server's own clients use; it enforces no minimum. */
const defaultAlgorithm = "NH1-HMAC-sha256-1000-32";
const defaultMaxAge = 86400;

/** base64url of "HS256": the header of Plug.Crypto's signed messages. */
const tokenHeader = "SFMyNTY";

/** The salt of the key derivation. It has an empty line after the first line and ends with a line feed. */
export const saltOf = (algorithm: string, key: string, time: number): string => {
  return `NH1:device-socket:shared-secret:connect\n\nx-nh-alg=${algorithm}\nx-nh-key=${key}\nx-nh-time=${time}\n`;
};

/** @returns the request headers, in the order of the recorded exchanges */
export const sharedSecretHeaders = (crypto: Crypto, options: SharedSecretOptions): [string, string][] => {
  const { key, secret, identifier, time, algorithm = defaultAlgorithm, maxAge = defaultMaxAge } = options;
  const [digest, iterations, length] = algorithm.slice("NH1-HMAC-".length).split("-");
  const salt = encodeUtf8(saltOf(algorithm, key, time));
  const derived = crypto.pbkdf2(
    digest.toLowerCase() as DigestName,
    encodeUtf8(secret),
    salt,
    Number(iterations),
    Number(length),
  );
  const term = encodeTokenTerm(encodeUtf8(identifier), time * 1000, maxAge);
  const input = `${tokenHeader}.${toBase64Url(term)}`;
  // The signature is HMAC-SHA-256 whatever digest the derivation used (Plug.Crypto.MessageVerifier).
  const signature = toBase64Url(crypto.hmac("sha256", derived, encodeUtf8(input)));
  return [
    ["x-nh-alg", algorithm],
    ["x-nh-key", key],
    ["x-nh-time", String(time)],
    ["x-nh-signature", `${input}.${signature}`],
  ];
};
