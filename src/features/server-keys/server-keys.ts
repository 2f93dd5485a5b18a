/*
 * ServerKeys: the public keys that the server sends for firmware and archives, kept over restarts.
 *
 * The rules it guards: these keys are separate from the keys that the application configures, and never remove or replace one
 * of those; an empty list changes nothing, since servers without keys send one.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { parseJson } from "../../../modules/json/parse.js";
import { fromBase64 } from "../../../modules/text/base64.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import type { Core, Feature } from "../../feature.js";
import { fromServer } from "../../protocol.js";

/** Public keys kept of each kind, and their characters together: the store takes 2,048 bytes a value. */
export const maxServerKeys = 16;
export const maxServerKeysCharacters = 1900;

export type KeyKind = "firmware" | "archive";

const storeKeys = Object.freeze({ firmware: "keys-firmware", archive: "keys-archive" });

/** Whether a value is a key: an Ed25519 key is 32 bytes in base64, an RSA-3072 key (Secure Boot v2) is PEM, of PKCS#8 or PKCS#1. */
const isKey = (key: unknown): key is string => {
  if (typeof key !== "string") return false;
  const isPem = key.startsWith("-----BEGIN PUBLIC KEY-----") || key.startsWith("-----BEGIN RSA PUBLIC KEY-----");
  return isPem || fromBase64(key)?.byteLength === 32;
};

export class ServerKeys implements Feature {
  private _core: Core | undefined;

  install(core: Core): void {
    this._core = core;
  }

  /** Asks the server, in the join payload, to send both lists. */
  joining(payload: Record<string, unknown>): void {
    payload["fwup_public_keys"] = "on_connect";
    payload["archive_public_keys"] = "on_connect";
  }

  message(event: string, payload: unknown): boolean {
    if (event === fromServer.firmwarePublicKeys) this._told("firmware", payload);
    else if (event === fromServer.archivePublicKeys) this._told("archive", payload);
    else return false;
    return true;
  }

  /** As the server sent them: base64 of 32 bytes (Ed25519), or PEM. */
  keys(kind: KeyKind): string[] {
    const bytes = this._core!.platform.store.get(storeKeys[kind]);
    try {
      const value = bytes === undefined ? [] : parseJson(decodeUtf8(bytes), []);
      return Array.isArray(value) ? value.filter(isKey) : [];
    } catch {
      // Another version of this agent has written the keys; the next join brings them again.
      return [];
    }
  }

  private _told(kind: KeyKind, payload: unknown): void {
    const given = fieldsOf(payload)["keys"];
    const keys: string[] = [];
    let characters = 2;
    for (const key of Array.isArray(given) ? given : []) {
      if (!isKey(key) || keys.includes(key)) continue;
      // Line breaks of PEM take two characters in JSON.
      characters += JSON.stringify(key).length + 1;
      if (keys.length >= maxServerKeys || characters > maxServerKeysCharacters) {
        this._core!.log.warning(`The server has more ${kind} keys than this device keeps; it keeps ${keys.length}.`);
        break;
      }
      keys.push(key);
    }
    if (keys.length === 0) return;
    const text = JSON.stringify(keys);
    // Flash is written only for something new: they come with every join.
    if (text === JSON.stringify(this.keys(kind))) return;
    this._core!.platform.store.set(storeKeys[kind], encodeUtf8(text));
    this._core!.log.info(`The server named ${keys.length} ${kind} ${keys.length === 1 ? "key" : "keys"}.`);
  }
}
