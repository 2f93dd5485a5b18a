/*
 * File kind: whether a download is an image or a delta, by its first bytes, since nothing else says so. It is checked before anything is erased.
 *
 * First bytes: `esp_image_header_t.magic` of ESP-IDF (0xE9), a detools patch type, "P" of a zip file (fwup archives).
 */

import { Fault } from "../fault/fault.js";
import { checkPatchType, isPatchType } from "./patch-type.js";

/** An ESP-IDF application image, or a delta against the running one. */
export type FileKind = "image" | "delta";

const imageMagic = 0xe9;
const zipMagic = 0x50;

/** esp_delta_ota of Espressif's component registry: its magic, 0xfccdde10 in little endian, before a digest and the patch. */
const deltaOtaMagic: readonly number[] = Object.freeze([0x10, 0xde, 0xcd, 0xfc]);

/** Bytes that are looked at: a delta's first ones are its type and sizes, and never all text. */
const looked = 16;

/** Whether the bytes are printable ASCII, as a page and an error in JSON begin. */
const isText = (bytes: Uint8Array): boolean => {
  for (const byte of bytes)
    if (byte > 0x7e || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  return true;
};

/**
 * @param bytes the first ones of the file, at least one
 * @throws Fault of stage "image": "fwup-archive", "patch-type-unsupported", "patch-compression-unsupported" or
 *   "file-kind-unknown"
 */
export const fileKind = (bytes: Uint8Array): FileKind => {
  const firstByte = bytes[0];
  if (firstByte === imageMagic) return "image";
  if (deltaOtaMagic.every((byte, at) => bytes[at] === byte))
    throw new Fault(
      "image",
      "patch-type-unsupported",
      "The file is a patch with the header of ESP-IDF's esp_delta_ota, which NervesHub's deltas have not; upload the application image (.bin), and let the server make the delta.",
    );
  if (isPatchType(firstByte) && !isText(bytes.subarray(0, looked))) {
    checkPatchType(firstByte);
    return "delta";
  }
  if (firstByte === zipMagic)
    throw new Fault(
      "image",
      "fwup-archive",
      "The file is a fwup archive (.fw), which is for Linux devices; upload the application image (.bin) of the ESP-IDF build instead.",
    );
  throw new Fault(
    "image",
    "file-kind-unknown",
    `The file starts with 0x${firstByte.toString(16).padStart(2, "0")}: neither an ESP-IDF image (0xe9) nor a delta (0x04); upload the application image (.bin) of the ESP-IDF build.`,
  );
};
