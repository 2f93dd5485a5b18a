/*
 * Made-up application images in the valid format: for the first slot of a simulated device, for the updates of the demo,
 * and for tests that cut and corrupt them. ESP-IDF's own tools accept them (esptool image-info); no chip can run them.
 */

import { Fault } from "../../modules/fault/fault.js";
import {
  appDescriptionMagic,
  appDescriptionSize,
  dateField,
  elfSha256Offset,
  idfVersionField,
  projectNameField,
  type TextField,
  timeField,
  versionField,
} from "../../modules/ota/app-description.js";
import { appDescriptionOffset, imageHeaderSize, imageMagic, segmentHeaderSize } from "../../modules/ota/image.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { sealImage } from "./seal-image.js";
import { SeededRandom } from "./seeded-random.js";

export interface ImageOptions {
  /** esp_chip_id_t. Default 0, the plain ESP32. */
  chipId?: number;
  projectName: string;
  /** Written as given. */
  version: string;
  /** Default "v5.5". */
  idfVersion?: string;
  /** 32 bytes. Default: a hash of everything else, so that another version or seed is another build with another uuid. */
  elfSha256?: Uint8Array;
  /** Bytes of the file: a multiple of 16 and at least 1024. Default 1,376,256, the size of a Moddable app with TLS. */
  size?: number;
  /** Seed of the content: two versions with one seed differ little, as two builds do. Equal options give equal bytes. */
  seed?: number;
}

const hashSize = 32;

/** Load addresses of flash-mapped data and code and of internal RAM, which esptool checks for each chip. */
const loadAddresses = (chipId: number): { data: number; code: number; ram: number } => {
  switch (chipId) {
    case 0x0000:
      return { data: 0x3f400020, code: 0x400d0020, ram: 0x3ffb0000 };
    case 0x0002:
      return { data: 0x3f000020, code: 0x40080020, ram: 0x3ffb0000 };
    case 0x0005:
    case 0x0009:
    case 0x000c:
      return { data: 0x3c000020, code: 0x42000020, ram: 0x3fcb0000 };
    default:
      return { data: 0x42000020, code: 0x42800020, ram: 0x40800000 };
  }
};

const writeText = (description: Uint8Array, { offset, size }: TextField, text: string): void => {
  const bytes = encodeUtf8(text);
  if (bytes.byteLength >= size) {
    throw new Fault("image", "image-options", `"${text}" does not fit into the ${size - 1} bytes of its field.`);
  }
  description.set(bytes, offset);
};

const sha256 = (bytes: Uint8Array, crypto: Crypto): Uint8Array => {
  const digest = crypto.digest("sha256");
  digest.update(bytes);
  return digest.finish();
};

/**
 * @param crypto makes the hashes
 * @throws Fault of stage "image": "image-options" for a text that does not fit its field or an impossible size
 */
export const buildImage = (options: ImageOptions, crypto: Crypto): Uint8Array => {
  const { chipId = 0, size = 1_376_256, seed = 1, idfVersion = "v5.5" } = options;
  if (size % 16 !== 0 || size < 1024) {
    throw new Fault("image", "image-options", `An image of ${size} bytes cannot be made: a multiple of 16 from 1024.`);
  }
  const random = new SeededRandom(seed);
  const image = new Uint8Array(size);
  const view = new DataView(image.buffer);

  image[0] = imageMagic;
  image[2] = 2; // DIO
  image[3] = 0x2f; // 4 MB, 80 MHz
  image[8] = 0xee; // WP pin not used
  view.setUint16(12, chipId, true);
  view.setUint16(17, 0xffff, true); // any chip revision
  image[23] = 1;

  // The bytes between the header and the checksum are three segments, as in a real image: constants (an eighth), RAM (a
  // sixteenth), code.
  const addresses = loadAddresses(chipId);
  const content = size - hashSize - 16 - imageHeaderSize - 3 * segmentHeaderSize;
  const dataSize = Math.max(appDescriptionSize, (content >> 3) & ~3);
  const ramSize = (content >> 4) & ~3;
  const segments: [number, number][] = [
    [addresses.data, dataSize],
    [addresses.ram, ramSize],
    [addresses.code, content - dataSize - ramSize],
  ];
  image[1] = segments.length;
  view.setUint32(4, addresses.code, true);
  let at = imageHeaderSize;
  for (const [address, length] of segments) {
    // The boot loader wants a mapped segment at the same offset within a 64 KB page in flash as in memory.
    const mapped = address !== addresses.ram;
    view.setUint32(at, mapped ? address - (address % 0x10000) + ((at + segmentHeaderSize) % 0x10000) : address, true);
    view.setUint32(at + 4, length, true);
    at += segmentHeaderSize;
    random.fill(image.subarray(at, at + length));
    at += length;
  }

  const description = image.subarray(appDescriptionOffset, appDescriptionOffset + appDescriptionSize);
  description.fill(0);
  view.setUint32(appDescriptionOffset, appDescriptionMagic, true);
  writeText(description, versionField, options.version);
  writeText(description, projectNameField, options.projectName);
  writeText(description, timeField, "12:00:00");
  writeText(description, dateField, "Nov 21 2026");
  writeText(description, idfVersionField, idfVersion);
  description.set(options.elfSha256 ?? sha256(image, crypto), elfSha256Offset);
  sealImage(image, crypto);
  return image;
};
