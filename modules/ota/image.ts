/*
 * The head of an ESP-IDF application image: what a device learns from the first bytes of a download, before it erases
 * anything for the rest.
 *
 * Layout: ESP-IDF, components/bootloader_support/include/esp_app_format.h (esp_image_header_t 24 bytes,
 * esp_image_segment_header_t 8 bytes). Whether the whole image is intact is checked by image-verifier.ts.
 */

import { Fault } from "../fault/fault.js";
import { type AppDescription, appDescriptionSize, parseAppDescription } from "./app-description.js";

/** esp_image_header_t, bytes. */
export const imageHeaderSize = 24;
/** esp_image_segment_header_t, bytes: load address, length. */
export const segmentHeaderSize = 8;
/** ESP_IMAGE_HEADER_MAGIC. */
export const imageMagic = 0xe9;
/** ESP_IMAGE_MAX_SEGMENTS: the boot loader refuses more. */
const maxSegments = 16;
/** ESP_IMAGE_MAX_FLASH_ADDR_SIZE: no segment and no image is larger. */
export const maxImageSize = 16 * 1024 * 1024;
/** Where the application description starts. */
export const appDescriptionOffset = imageHeaderSize + segmentHeaderSize;
/** Bytes that parseImageHead needs. NervesHub's check on upload needs the same. */
export const imageHeadSize = appDescriptionOffset + appDescriptionSize;

/** The fields of esp_image_header_t that are not about how the flash chip is wired. */
export interface ImageHeader {
  segmentCount: number;
  /** esp_chip_id_t. Zero is the plain ESP32. */
  chipId: number;
  /** major × 100 + minor, inclusive; 0 and 65535 mean "any". */
  minChipRevision: number;
  maxChipRevision: number;
  /** True when a SHA-256 of the image follows its checksum. */
  hashAppended: boolean;
}

export interface ImageHead extends ImageHeader {
  description: AppDescription;
}

/**
 * @param bytes at least 24, starting with the header
 * @throws Fault of stage "image": "not-an-image", "image-header", "image-segments"
 */
export const parseImageHeader = (bytes: Uint8Array): ImageHeader => {
  if (bytes[0] !== imageMagic) {
    const found = bytes[0] === 0xff ? "0xff, as erased flash does" : `0x${bytes[0].toString(16)}`;
    throw new Fault("image", "not-an-image", `Not an ESP-IDF image: it starts with ${found}, not with 0xe9.`);
  }
  const segmentCount = bytes[1];
  if (segmentCount === 0 || segmentCount > maxSegments) {
    throw new Fault(
      "image",
      "image-segments",
      `The image claims ${segmentCount} segments; 1 to ${maxSegments} can be.`,
    );
  }
  if (bytes[23] > 1) {
    throw new Fault("image", "image-header", `The image's header is damaged: byte 23 is ${bytes[23]}, not 0 or 1.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, imageHeaderSize);
  return {
    segmentCount,
    chipId: view.getUint16(12, true),
    minChipRevision: view.getUint16(15, true),
    maxChipRevision: view.getUint16(17, true),
    hashAppended: bytes[23] === 1,
  };
};

/**
 * The length of a segment in bytes, checked as the boot loader checks it (verify_segment_header).
 *
 * @param bytes at least 8, starting with the segment's header
 * @param index index of the segment; segment 0 must hold the application description
 * @throws Fault of stage "image": "image-segment-length"
 */
export const parseSegmentLength = (bytes: Uint8Array, index: number): number => {
  const length = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderSize).getUint32(4, true);
  if (length % 4 !== 0 || length >= maxImageSize || (index === 0 && length < appDescriptionSize)) {
    throw new Fault(
      "image",
      "image-segment-length",
      `The image's segment ${index} has an impossible length: ${length}.`,
    );
  }
  return length;
};

/**
 * @param bytes the first 288 bytes of an image, or more
 * @throws Fault of stage "image": "image-too-short", "not-an-image", "image-header", "image-segments", "image-segment-length",
 *   "no-app-description", "description-not-text"
 */
export const parseImageHead = (bytes: Uint8Array): ImageHead => {
  if (bytes.byteLength > 0 && bytes[0] !== imageMagic) parseImageHeader(bytes);
  if (bytes.byteLength < imageHeadSize) {
    throw new Fault(
      "image",
      "image-too-short",
      `An image has at least ${imageHeadSize} bytes, not ${bytes.byteLength}.`,
    );
  }
  const header = parseImageHeader(bytes);
  parseSegmentLength(bytes.subarray(imageHeaderSize), 0);
  return { ...header, description: parseAppDescription(bytes.subarray(appDescriptionOffset)) };
};
