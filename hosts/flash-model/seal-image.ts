/*
 * Sealing: makes the checksum byte and the appended SHA-256 of an application image match again after bytes of it were
 * changed. All other bytes stay as they are. It does not sign; a signature over the old bytes is void.
 */

import { Fault } from "../../modules/fault/fault.js";
import { imageHeaderSize, parseImageHeader, parseSegmentLength, segmentHeaderSize } from "../../modules/ota/image.js";
import type { Crypto } from "../../modules/platform/crypto.js";

/**
 * Walks over the segments to the end of the checksum.
 *
 * @param bytes the whole file
 * @returns the offset behind the checksum byte, where the appended hash begins if there is one
 * @throws Fault of stage "image": "image-truncated", and those of parseImageHeader and parseSegmentLength
 */
const checksumEnd = (bytes: Uint8Array): number => {
  const check = (end: number): number => {
    if (end > bytes.byteLength) {
      throw new Fault("image", "image-truncated", `The image ends early, at ${bytes.byteLength} bytes.`);
    }
    return end;
  };
  check(imageHeaderSize);
  const { segmentCount, hashAppended } = parseImageHeader(bytes);
  let at = imageHeaderSize;
  for (let index = 0; index < segmentCount; index++) {
    check(at + segmentHeaderSize);
    at += segmentHeaderSize + parseSegmentLength(bytes.subarray(at), index);
  }
  const end = at + 16 - (at % 16);
  check(hashAppended ? end + 32 : end);
  return end;
};

/**
 * Writes the checksum byte, and the hash if the header says that there is one, into `bytes`.
 *
 * @param bytes the whole file, changed in place
 * @param crypto makes the SHA-256
 * @throws Fault as `checksumEnd` does
 */
export const sealImage = (bytes: Uint8Array, crypto: Crypto): void => {
  const end = checksumEnd(bytes);
  let checksum = 0xef;
  let at = imageHeaderSize;
  for (let index = 0; index < bytes[1]; index++) {
    const length = parseSegmentLength(bytes.subarray(at), index);
    at += segmentHeaderSize;
    for (const stop = at + length; at < stop; at++) checksum ^= bytes[at];
  }
  bytes[end - 1] = checksum;
  if (bytes[23] !== 1) return;
  const digest = crypto.digest("sha256");
  digest.update(bytes.subarray(0, end));
  bytes.set(digest.finish(), end);
};
