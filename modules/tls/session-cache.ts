/*
 * SessionCache: TLS sessions that can be resumed (RFC 5246 §7.3). A resumed handshake takes two point multiplications
 * less: some 2 ms of CPU instead of 22 ms on a desk computer.
 *
 * The rule it guards: a session is resumed only with the settings that it was made with. A resumed handshake shows no
 * certificate, so the key of an entry is a hash of server, roots and the device's own certificates.
 */

/// <reference path="../../types/tls.d.ts" />

import { Digest } from "crypt";
import type { SessionCache as SDKCache } from "ssl/session";
import type { Clock } from "../platform/clock.js";
import { toHex } from "../text/hex.js";
import { sameBytes } from "../text/same-bytes.js";
import { encodeUtf8 } from "../text/utf8.js";

/** Remembered TLS sessions: the hub, and a firmware or archive server or two. */
export const maxTlsSessions = 4;
/** Age after which a TLS session is not resumed, in milliseconds (RFC 5246 §F.1.4 suggests 24 hours). */
export const maxTlsSessionAgeMs = 86_400_000;

interface Entry {
  readonly id: ArrayBuffer;
  readonly secret: Uint8Array;
  readonly madeMs: number;
}

/**
 * The key of a session: a hash of everything that decides whether its peer may be trusted.
 * @param server server name, host and port
 * @param roots configured roots, DER; undefined for the built-in ones
 * @param own the device's certificates, DER
 */
export const sessionKey = (
  server: string,
  roots: readonly Uint8Array[] | undefined,
  own: readonly Uint8Array[],
): string => {
  const digest = new Digest("SHA256");
  const add = (bytes: Uint8Array): void => {
    digest.write(encodeUtf8(`${bytes.byteLength}:`));
    digest.write(bytes);
  };
  add(encodeUtf8(server));
  digest.write(encodeUtf8(roots ? `${roots.length} roots;` : "built-in roots;"));
  for (const root of roots ?? []) add(root);
  digest.write(encodeUtf8("own;"));
  for (const certificate of own) add(certificate);
  return toHex(new Uint8Array(digest.close()));
};

export class SessionCache {
  private readonly _clock: Clock;
  /** In a `#` field: whoever has a session's master secret reads its connection. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this._clock = clock;
  }

  /** The cache that the SDK's session uses, for the sessions of one key only; the host that the SDK passes is ignored. */
  forKey(key: string): SDKCache {
    const entries = this.#entries;
    const clock = this._clock;
    return {
      getByHost() {
        const entry = entries.get(key);
        if (!entry) return undefined;
        if (clock.monotonic() - entry.madeMs <= maxTlsSessionAgeMs) return entry;
        entries.delete(key);
        return undefined;
      },
      saveSession(_host, id, secret) {
        const known = entries.get(key);
        // A resumed session keeps its age.
        if (known && sameBytes(new Uint8Array(known.id), new Uint8Array(id))) return;
        entries.delete(key);
        if (entries.size >= maxTlsSessions) entries.delete(entries.keys().next().value!);
        entries.set(key, { id, secret, madeMs: clock.monotonic() });
      },
      deleteSessionID(id) {
        const known = entries.get(key);
        if (known && sameBytes(new Uint8Array(known.id), new Uint8Array(id))) entries.delete(key);
      },
    };
  }

  /** Forgets a session after a failed handshake, so that the next handshake is a full one. */
  forget(key: string): void {
    this.#entries.delete(key);
  }
}
