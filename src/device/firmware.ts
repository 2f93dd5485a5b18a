/*
 * Firmware: the running firmware as the server is told of it, read from the running image or stated by the application.
 *
 * The rule it guards: incomplete metadata are an error at construction. A device with incomplete metadata looks healthy to an
 * operator, and the server silently never updates it.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { type ImageHead, imageHeadSize, parseImageHead } from "../../modules/ota/image.js";
import type { Slot } from "../../modules/platform/slots.js";
import { toHex } from "../../modules/text/hex.js";
import { type FirmwareMetadata, firmwareMetadata } from "../firmware/firmware-metadata.js";

/** The firmware that the server is told, for servers without ESP-IDF support or firmware that is no ESP-IDF image. */
export interface FirmwareOptions {
  uuid: string;
  product: string;
  architecture: string;
  version: string;
  platform: string;
}

export interface Firmware {
  readonly metadata: FirmwareMetadata;
  /** Undefined when the application stated its firmware. */
  readonly head: ImageHead | undefined;
}

/** @throws Fault of stage "options": "firmware-unreadable" or "firmware-unstamped", each with what to do about it */
export const readFirmware = (running: Slot, stated: FirmwareOptions | undefined): Firmware => {
  if (stated !== undefined) return { metadata: stated, head: undefined };
  try {
    const bytes = new Uint8Array(imageHeadSize);
    running.read(0, bytes);
    const head = parseImageHead(bytes);
    return { metadata: firmwareMetadata(head), head };
  } catch (error) {
    const fault = asFault(error, "options", "firmware-unreadable");
    if (fault.code === "version-not-semver" || fault.code === "no-project-name") {
      const text = `${fault.message} For a finished image, nerveshub-stamp sets product and version.`;
      throw new Fault("options", "firmware-unstamped", text, fault);
    }
    const text = `The running image cannot be read (${fault.message}); give the option "firmware" instead.`;
    throw new Fault("options", "firmware-unreadable", text, fault);
  }
};

/** The keys of the join payload that name the running firmware. Servers up to 2.4.0 read only those with `nerves_fw_`. */
export const firmwareKeys = ({ metadata, head }: Firmware): Record<string, string | number> => {
  const keys: Record<string, string | number> = {
    nerves_fw_uuid: metadata.uuid,
    nerves_fw_product: metadata.product,
    nerves_fw_architecture: metadata.architecture,
    nerves_fw_version: metadata.version,
    nerves_fw_platform: metadata.platform,
  };
  if (head === undefined) return { update_tool: "fwup", ...keys };
  const { projectName, version, elfSha256, idfVersion } = head.description;
  return {
    update_tool: "esp-idf",
    esp_idf_project_name: projectName,
    esp_idf_version: version,
    esp_idf_app_elf_sha256: toHex(elfSha256),
    esp_idf_ver: idfVersion,
    esp_idf_chip_id: head.chipId,
    ...keys,
  };
};
