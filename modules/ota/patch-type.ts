/*
 * The first byte of a detools patch (detools 0.53.0 `create.py` pack_header): a zero bit, the patch type in three bits,
 * the compression in four. NervesHub makes 0x04 (sequential, heatshrink), and nothing else is supported here.
 */

import { Fault } from "../fault/fault.js";

const typeNames = Object.freeze(["sequential", "in-place", "hdiffpatch"]);
const compressionNames = Object.freeze(["none", "lzma", "crle", "bz2", "heatshrink", "zstd", "lz4"]);

/** Sequential (0) with heatshrink (4). */
const supportedPatchType = 0x04;

const advice =
  "make it with `detools create_patch --patch-type sequential --compression heatshrink`, as the server does";

/** True when some detools patch starts with this byte. */
export const isPatchType = (firstByte: number): boolean => {
  return firstByte >> 4 < typeNames.length && (firstByte & 15) < compressionNames.length;
};

/**
 * Refuses every patch but a sequential one compressed with heatshrink, and names what it found instead.
 * @throws Fault of stage "image": "patch-type-unsupported", "patch-compression-unsupported"
 */
export const checkPatchType = (firstByte: number): void => {
  const type = firstByte >> 4;
  const compression = firstByte & 15;
  if (type !== supportedPatchType >> 4) {
    const name = typeNames[type] ?? `number ${type}`;
    throw new Fault("image", "patch-type-unsupported", `The delta is of type ${name}; ${advice}.`);
  }
  if (compression !== (supportedPatchType & 15)) {
    const name = compressionNames[compression] ?? `number ${compression}`;
    throw new Fault("image", "patch-compression-unsupported", `The delta is compressed with ${name}; ${advice}.`);
  }
};
