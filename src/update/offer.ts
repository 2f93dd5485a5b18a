/*
 * The server's `update` message, checked and bounded. Pure. Whatever is missing stays undefined: servers up to the 2.4.0
 * release send neither size nor checksums.
 */

import { Fault } from "../../modules/fault/fault.js";
import { fieldsOf, isObject } from "../../modules/json/fields.js";
import { hexDigits, isMadeOf } from "../../modules/text/characters.js";
import type { Update } from "../client.js";

/** Characters of a download URL: with a security token, presigned ones have 2,500. Servers take request lines of 8 KB. */
export const maxUpdateUrlCharacters = 7500;
/** Characters of a download URL that is remembered over a restart: the store holds 2,048 bytes a value. */
export const maxStoredUrlCharacters = 1900;
/** Part checksums of 1 MiB each in one offer: 64 MiB, four times the largest flash of any ESP32. */
export const maxUpdateParts = 64;

/** Bytes under one checksum of `partials_checksums` (nerves_hub_web, firmwares.ex). */
export const partSize = 1048576;

export interface Offer extends Update {
  /** A credential: presigned for 24 h. It must never be logged. */
  readonly url: string;
  /** SHA-256 of the file at the URL, lower-case hex. */
  readonly checksum: string | undefined;
  /** SHA-256 of its consecutive parts of 1 MiB, lower-case hex; empty when the server sent none. */
  readonly parts: readonly string[];
}

/** An offer for code that does not fetch the file: without the URL, which is a credential. */
export type OfferedFile = Omit<Offer, "url">;

export const withoutUrl = ({ url: _url, ...file }: Offer): OfferedFile => file;

/** An offer for an application: what it decides by, and nothing of where the file is or how it is checked. */
export const updateOf = ({ url: _url, checksum: _checksum, parts: _parts, ...update }: Offer): Update => update;

const isSha256 = (text: string): boolean => text.length === 64 && isMadeOf(text, hexDigits);

const text = (value: unknown): string | undefined => {
  return typeof value === "string" && value !== "" ? value : undefined;
};

const bad = (what: string): Fault => {
  return new Fault(
    "offer",
    "bad-offer",
    `The server offered an update ${what}; upload the firmware to NervesHub again.`,
  );
};

const checksumOf = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "string" || !isSha256(value)) throw bad("whose checksum is not a SHA-256");
  return value.toLowerCase();
};

const partsOf = (value: unknown, size: number | undefined): string[] => {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value) || value.length > maxUpdateParts) throw bad("with a bad list of part checksums");
  const parts = value.map((part) => checksumOf(part));
  if (parts.length === 0) return [];
  if (size !== undefined && parts.length !== Math.ceil(size / partSize))
    throw bad("whose part checksums do not fit its size");
  const known = parts.filter((part) => part !== undefined);
  // A gap in the list would shift it against the parts; the checksum of the whole file suffices.
  return known.length === parts.length ? known : [];
};

/**
 * @returns undefined when the message says that there is nothing to do (`update_available: false`)
 * @throws Fault of stage "offer": "bad-offer"
 */
export const parseOffer = (payload: unknown): Offer | undefined => {
  if (!isObject(payload)) throw bad("without a payload");
  if (payload["update_available"] !== true) return undefined;
  const url = text(payload["firmware_url"]);
  if (url === undefined) throw bad("without a URL");
  if (url.length > maxUpdateUrlCharacters) throw bad(`with a URL of more than ${maxUpdateUrlCharacters} characters`);
  const meta = fieldsOf(payload["firmware_meta"]);
  const uuid = text(meta["uuid"]);
  if (uuid === undefined) throw bad("without a uuid");
  const size = payload["size"] ?? undefined;
  if (size !== undefined && (typeof size !== "number" || !Number.isInteger(size) || size <= 0))
    throw bad("of no valid size");
  return {
    url,
    uuid,
    version: text(meta["version"]) ?? "unknown",
    product: text(meta["product"]) ?? "unknown",
    platform: text(meta["platform"]) ?? "unknown",
    architecture: text(meta["architecture"]) ?? "unknown",
    description: text(meta["description"]),
    size,
    checksum: checksumOf(payload["checksum"]),
    parts: partsOf(payload["partials_checksums"], size),
    manual: typeof payload["deployment_id"] !== "number",
  };
};
