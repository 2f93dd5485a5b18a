/*
 * esp_app_desc_t: the 256 bytes at the start of an application image's first segment that say what the image is.
 *
 * Layout: ESP-IDF, components/esp_app_format/include/esp_app_desc.h. Text fields are padded with NUL; they are cut at the
 * first NUL and trimmed.
 */

import { Fault } from "../fault/fault.js";
import { decodeUtf8 } from "../text/utf8.js";

/** Bytes of an esp_app_desc_t. */
export const appDescriptionSize = 256;

/** ESP_APP_DESC_MAGIC_WORD. */
export const appDescriptionMagic = 0xabcd5432;

/** A text field: its offset in the description, and its size in bytes, padding included. */
export interface TextField {
  readonly offset: number;
  readonly size: number;
}

/** version */
export const versionField: TextField = Object.freeze({ offset: 16, size: 32 });
/** project_name */
export const projectNameField: TextField = Object.freeze({ offset: 48, size: 32 });
/** time */
export const timeField: TextField = Object.freeze({ offset: 80, size: 16 });
/** date */
export const dateField: TextField = Object.freeze({ offset: 96, size: 16 });
/** idf_ver */
export const idfVersionField: TextField = Object.freeze({ offset: 112, size: 32 });
/** app_elf_sha256, 32 bytes */
export const elfSha256Offset = 144;

export interface AppDescription {
  /** As the build wrote it, not normalised. */
  version: string;
  projectName: string;
  /** Number for anti-rollback by eFuse; 0 where that is not used. */
  secureVersion: number;
  /** Version of ESP-IDF, for example "v5.4.1". */
  idfVersion: string;
  /** SHA-256 of the ELF file, 32 bytes. It identifies the build; the firmware uuid is made of it. */
  elfSha256: Uint8Array;
  /** "Nov 21 2026" */
  date: string;
  /** "12:00:00" */
  time: string;
}

const text = (bytes: Uint8Array, { offset, size }: TextField, name: string): string => {
  let end = offset;
  while (end < offset + size && bytes[end] !== 0) end++;
  try {
    return decodeUtf8(bytes.subarray(offset, end)).trim();
  } catch (error) {
    throw new Fault("image", "description-not-text", `The image's ${name} is not text; rebuild the image.`, error);
  }
};

/**
 * @param bytes at least 256, starting with the description
 * @throws Fault of stage "image": "no-app-description", "description-not-text"
 */
export const parseAppDescription = (bytes: Uint8Array): AppDescription => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < appDescriptionSize || view.getUint32(0, true) !== appDescriptionMagic) {
    throw new Fault(
      "image",
      "no-app-description",
      "The image has no application description at its start; it is not an application built with ESP-IDF 4 or newer.",
    );
  }
  return {
    version: text(bytes, versionField, "version"),
    projectName: text(bytes, projectNameField, "project name"),
    secureVersion: view.getUint32(4, true),
    idfVersion: text(bytes, idfVersionField, "ESP-IDF version"),
    elfSha256: bytes.slice(elfSha256Offset, elfSha256Offset + 32),
    date: text(bytes, dateField, "date"),
    time: text(bytes, timeField, "time"),
  };
};
