/*
 * What a file is that was taken for an application image and is none, by its first bytes: for people who took the wrong
 * one of the files that a build leaves.
 *
 * Sources: esptool (image formats of ESP8266 and ESP32, merge_bin), ESP-IDF (esp_bootloader_desc.h, gen_esp32part.py, and the
 * default offsets of boot loader and partition table), the UF2 and ELF specifications.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { type ImageHead, imageMagic, parseImageHead } from "../../modules/ota/image.js";

const application = "the application alone is build/NAME.bin in ESP-IDF's folder, xs_esp32.bin in Moddable's";
/** Where ESP-IDF's boot loader begins: ESP32 and S2; P4 and C5; the others at 0. */
const bootLoaderOffsets = [0, 0x1000, 0x2000];
const tableOffset = 0x8000;
/** Of esp_bootloader_desc_t, where an application has 0xABCD5432. */
const bootLoaderDescriptionMagic = 80;

const starts: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x7f, 0x45, 0x4c, 0x46], `an ELF file; ${application}`],
  [[0x55, 0x46, 0x32, 0x0a], `a UF2 file, for a USB drive; ${application}`],
  [
    [0x50, 0x4b, 0x03, 0x04],
    "a zip file, as fwup's archives (.fw) are; unpack it, or take the .bin of the ESP-IDF build",
  ],
  [[0x1f, 0x8b], "compressed by gzip; unpack it first"],
  [[0xaa, 0x50], `a partition table; ${application}`],
  [[0xea], "an image for an ESP8266, which this agent does not run on"],
  [[0x3c], "a web page or XML, as a server answers where the file is not"],
];

/** @returns the rest of a sentence that begins with "It is", or undefined when nothing is known of the file */
export function wrongFile(file: Uint8Array): string | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const begins = (at: number, bytes: readonly number[]) => bytes.every((byte, i) => file[at + i] === byte);
  if (file.byteLength === 0) return "empty";
  const start = bootLoaderOffsets.find((offset) => begins(offset, [imageMagic]));
  const blank = (to: number) => file.subarray(0, to).every((byte) => byte === 0xff);
  if (start !== undefined && (start === 0 || blank(start)) && begins(tableOffset, [0xaa, 0x50]))
    return `a merged flash image (boot loader, partition table and application); ${application}`;
  const known = starts.find(([bytes]) => begins(0, bytes));
  if (known !== undefined) return known[1];
  if (file[0] !== imageMagic) return file.every((byte) => byte === 0xff || byte === 0) ? "erased flash" : undefined;
  if (file.byteLength < 40) return "cut off";
  // The ESP8266's header ends after 8 bytes, and its first segment lies in its IRAM or DRAM; an ESP32 has more header there.
  const first = view.getUint32(8, true);
  if ((first >= 0x40100000 && first < 0x40110000) || (first >= 0x3ffe8000 && first < 0x40000000))
    return "an image for an ESP8266, which this agent does not run on";
  if (file[32] === bootLoaderDescriptionMagic && view.getUint32(32, true) !== 0xabcd5432)
    return `a boot loader; ${application}`;
  return undefined;
}

/**
 * The head of an application image.
 *
 * @throws Fault of stage "image" that names the file for what it is, as far as it is known
 */
export function headOf(file: Uint8Array): ImageHead {
  try {
    return parseImageHead(file);
  } catch (error) {
    const what = wrongFile(file);
    throw what === undefined
      ? error
      : new Fault("image", asFault(error, "image", "not-an-image").code, `The file is ${what}.`);
  }
}
