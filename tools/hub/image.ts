/*
 * What NervesHub reads from an uploaded ESP-IDF application image (nerveshub-device-protocol.md §8.1, §8.6): header and
 * descriptor, no segments, no checksums. That is all an upload is judged by on the real server.
 */

import { chipOf, uuidOfElfHash } from "./chips.js";
import type { FirmwareMetadata } from "./firmware-metadata.js";
import { normalisedVersion } from "./version.js";

/** @returns a sentence when the bytes are not an image that NervesHub would take */
export function metadataOfImage(bytes: Buffer): FirmwareMetadata | string {
  if (bytes.length < 288 || bytes[0] !== 0xe9) return "not an ESP-IDF application image";
  if (bytes.readUInt32LE(32) !== 0xabcd5432) return "no application descriptor behind the first segment's header";
  const version = normalisedVersion(textAt(bytes, 48));
  if (version === undefined) return `version "${textAt(bytes, 48)}" is not semantic: MAJOR.MINOR.PATCH`;
  const product = textAt(bytes, 80);
  if (product === "") return "the descriptor has no project name";
  return {
    uuid: uuidOfElfHash(bytes.toString("hex", 176, 208))!,
    product,
    version,
    ...chipOf(bytes.readUInt16LE(12)),
    description: `ESP-IDF ${textAt(bytes, 144)}`,
    author: null,
    vcs_identifier: null,
    misc: null,
  };
}

/** A 32-byte field, cut at its first NUL. */
function textAt(bytes: Buffer, offset: number): string {
  const field = bytes.subarray(offset, offset + 32);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? 32 : end).trim();
}
