/*
 * The NH1 shared-secret check with the real server's rules: which mistakes are a silent 401, which surface
 * as 503, and that only the time inside the token counts. Unlike the real server it says why.
 *
 * Everything is looked at before anything is computed: PBKDF2 runs for whoever names a key, and a key is no secret.
 */

import { createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { maxDerivedKeyBytes, maxIterations } from "./limits.js";
import type { HubClock } from "./system-time.js";
import { decodeTokenTerm } from "./term.js";

/** How old a token may be, ms: the server's `max_age`; exactly this old is too old. */
export const tokenLifetimeMs = 90_000;

/** PBKDF2. @param length bytes */
export type DeriveKey = (
  secret: string,
  salt: string,
  iterations: number,
  length: number,
  digest: string,
) => Promise<Uint8Array>;

/** On threads of its own: the hub goes on meanwhile. */
export const deriveKeyAside: DeriveKey = promisify(pbkdf2);

const digests = new Map([
  ["sha", "sha1"],
  ["sha224", "sha224"],
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
]);

/** Known to Erlang's runtime but not to its PBKDF2: they raise there, and end as 503. */
const unsupportedDigests = new Set(
  "md4 md5 ripemd160 blake2b blake2s sm3 sha3_224 sha3_256 sha3_384 sha3_512 shake128 shake256".split(" "),
);

export type Outcome =
  | { readonly status: 101; readonly key: string; readonly identifier: string }
  | { readonly status: 401; readonly why: string }
  | { readonly status: 503; readonly why: string };

/**
 * @param headers names in lower case
 * @param secretOf the secret of an active key, undefined for an unknown one
 * @param clock the hub's
 */
export async function checkSharedSecret(
  headers: ReadonlyMap<string, string>,
  secretOf: (key: string) => string | undefined,
  clock: HubClock,
  deriveKey: DeriveKey,
): Promise<Outcome> {
  const nowMs = clock.now();
  const time = headers.get("x-nh-time");
  const algorithm = headers.get("x-nh-alg");
  const key = headers.get("x-nh-key");
  const token = headers.get("x-nh-signature");
  if (algorithm === undefined || key === undefined) {
    return { status: 401, why: `header ${algorithm === undefined ? "x-nh-alg" : "x-nh-key"} is missing` };
  }
  if (!algorithm.startsWith("NH1-HMAC-")) return { status: 401, why: "x-nh-alg does not start with NH1-HMAC-" };
  const parts = algorithm.slice("NH1-HMAC-".length).split("-");
  if (parts.length !== 3) return { status: 401, why: "x-nh-alg is not NH1-HMAC-<digest>-<iterations>-<key length>" };
  if (time === undefined) return { status: 503, why: "header x-nh-time is missing" };
  if (!/^[+-]?\d+$/.test(time)) return { status: 401, why: "x-nh-time is not a whole number of seconds" };
  const [digestName, iterationText, lengthText] = parts;
  const digest = digests.get(digestName.toLowerCase());
  if (digest === undefined) {
    const known = unsupportedDigests.has(digestName.toLowerCase());
    const why = `digest ${digestName} in x-nh-alg cannot be used`;
    return known ? { status: 503, why } : { status: 401, why };
  }
  if (!/^\+?\d+$/.test(iterationText) || Number(iterationText) < 1) {
    return { status: 401, why: "the iterations in x-nh-alg are not a whole number of at least 1" };
  }
  if (!/^[+-]?\d+$/.test(lengthText)) return { status: 401, why: "the key length in x-nh-alg is not a number" };
  if (Number(lengthText) < 1) return { status: 503, why: "the key length in x-nh-alg is below 1" };
  if (Number(iterationText) > maxIterations || Number(lengthText) > maxDerivedKeyBytes) {
    const why = `this hub stops at ${maxIterations} iterations and ${maxDerivedKeyBytes} bytes of key (the real one does not): use 1000 and 32`;
    return { status: 401, why };
  }
  if (token === undefined) return { status: 401, why: "header x-nh-signature is missing" };
  const secret = secretOf(key);
  if (secret === undefined) return { status: 401, why: `key ${key} is unknown or switched off` };

  const salt = `NH1:device-socket:shared-secret:connect\n\nx-nh-alg=${algorithm}\nx-nh-key=${key}\nx-nh-time=${Number(time)}\n`;
  const derived = await deriveKey(secret, salt, Number(iterationText), Number(lengthText), digest);
  const payload = signedPayload(token, derived);
  if (payload === undefined) return { status: 401, why: "the signature does not match: wrong secret, salt or token" };
  const term = decodeTokenTerm(payload);
  if (term === undefined) return { status: 503, why: "the token's payload is not {identifier, signed_at_ms, max_age}" };
  const ageMs = nowMs - term.signedAtMs;
  if (ageMs < 0) return { status: 401, why: `signed ${seconds(-ageMs)} in the future: the device's clock is ahead` };
  if (ageMs >= tokenLifetimeMs) return { status: 401, why: `signed ${seconds(ageMs)} ago: older than 90 s` };
  return withIdentifier(key, term.identifier);
}

function withIdentifier(key: string, bytes: Uint8Array | undefined): Outcome {
  if (bytes === undefined) return { status: 503, why: "the identifier in the token is not a binary" };
  let identifier: string;
  try {
    identifier = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { status: 503, why: "the identifier in the token is not UTF-8" };
  }
  if (identifier.trim() === "") return { status: 401, why: "the identifier in the token is blank" };
  if (identifier.includes("\0")) return { status: 503, why: "the identifier holds U+0000, which the database refuses" };
  if ([...identifier].length > 255) return { status: 503, why: "the identifier has more than 255 characters" };
  return { status: 101, key, identifier };
}

/** The token's payload, if its signature (always HMAC-SHA-256) was made with `derived`. */
function signedPayload(token: string, derived: Uint8Array): Uint8Array | undefined {
  const parts = token.split(".");
  if (parts.length !== 3 || parts[0] !== "SFMyNTY") return undefined;
  const expected = createHmac("sha256", derived).update(`${parts[0]}.${parts[1]}`).digest();
  const given = Buffer.from(parts[2], "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return Buffer.from(parts[1], "base64url");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
