/*
 * Firmware metadata: what NervesHub derives from an image on upload, derived here in the same way from the same bytes, so
 * that a device and the server never disagree about what runs.
 *
 * Source: NervesHub, lib/nerves_hub/firmwares/update_tool/esp_idf.ex.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { ImageHead } from "../../modules/ota/image.js";
import { toHex } from "../../modules/text/hex.js";
import { chipOf } from "./chip.js";
import { normaliseVersion } from "./version.js";

export interface FirmwareMetadata {
  uuid: string;
  product: string;
  version: string;
  platform: string;
  architecture: string;
}

/**
 * The firmware uuid: the first 16 bytes of the ELF's SHA-256, grouped like a uuid. Its version and variant bits are not
 * set, so RFC 4122 parsers may refuse it.
 */
export const firmwareUuid = (elfSha256: Uint8Array): string => {
  const hex = toHex(elfSha256.subarray(0, 16));
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

/** @throws Fault of stage "image": "version-not-semver", "no-project-name": NervesHub would refuse the image for the same reason */
export const firmwareMetadata = (head: ImageHead): FirmwareMetadata => {
  const { version, projectName, elfSha256 } = head.description;
  const normalised = normaliseVersion(version);
  if (normalised === undefined) {
    throw new Fault(
      "image",
      "version-not-semver",
      `NervesHub cannot use the image's version "${version}"; give the build a version such as 1.4.0.`,
    );
  }
  if (projectName === "") {
    throw new Fault("image", "no-project-name", "The image has no project name, and NervesHub files images by it.");
  }
  const { platform, architecture } = chipOf(head.chipId);
  return { uuid: firmwareUuid(elfSha256), product: projectName, version: normalised, platform, architecture };
};
