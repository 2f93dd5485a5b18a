/*
 * What NervesHub calls firmware metadata: the nine keys of `firmware_meta`, and how a device's join says which firmware
 * it runs.
 */

import { fromHex } from "../../modules/text/hex.js";
import { chipOf } from "../../src/firmware/chip.js";
import { firmwareMetadata, firmwareUuid } from "../../src/firmware/firmware-metadata.js";
import { normaliseVersion } from "../../src/firmware/version.js";
import { headOf } from "../stamp/wrong-file.js";
import { ChannelCrash } from "./channel.js";
import { isFilledText, isText, type JsonObject } from "./json.js";
import { maxMetadataCharacters } from "./limits.js";

/** Spelled as on the wire. */
export interface FirmwareMetadata {
  readonly uuid: string;
  readonly product: string;
  readonly version: string;
  readonly platform: string;
  readonly architecture: string;
  readonly description: string | null;
  readonly author: string | null;
  readonly vcs_identifier: string | null;
  readonly misc: string | null;
}

type Reported = { [Key in keyof FirmwareMetadata]?: string };

/** @returns what the join says, however incomplete; @throws ChannelCrash where the real server crashes */
function reportedFirmware(payload: JsonObject): Reported {
  return speaksEspIdf(payload) ? espIdf(payload) : fwup(payload);
}

function speaksEspIdf(payload: JsonObject): boolean {
  if (payload["update_tool"] === "esp-idf") return true;
  if (payload["update_tool"] === "fwup") return false;
  return payload["esp_idf_app_elf_sha256"] !== undefined || payload["esp_idf_project_name"] !== undefined;
}

function espIdf(payload: JsonObject): Reported {
  const hash = payload["esp_idf_app_elf_sha256"];
  const version = payload["esp_idf_version"];
  const project = payload["esp_idf_project_name"];
  const idf = payload["esp_idf_ver"];
  if (version !== undefined && version !== null && !isText(version)) {
    throw new ChannelCrash("esp_idf_version must be a string");
  }
  const chipId = chipIdOf(payload["esp_idf_chip_id"]);
  return {
    uuid: isText(hash) ? uuidOfHash(hash) : undefined,
    product: isText(project) ? project : undefined,
    version: isText(version) ? normaliseVersion(version) : undefined,
    ...(chipId === undefined ? {} : chipOf(chipId)),
    description: isText(idf) ? `ESP-IDF ${idf}` : undefined,
  };
}

/** The server needs 32 digits and looks at no more. */
function uuidOfHash(hash: string): string | undefined {
  const bytes = hash.length < 32 ? undefined : fromHex(hash.slice(0, 32));
  return bytes === undefined ? undefined : firmwareUuid(bytes);
}

function chipIdOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (isText(value)) return /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
  throw new ChannelCrash("esp_idf_chip_id must be a whole number or its decimal text");
}

function fwup(payload: JsonObject): Reported {
  const text = (name: string) => {
    const value = payload[`nerves_fw_${name}`];
    return isText(value) ? value : undefined;
  };
  return {
    uuid: text("uuid"),
    product: text("product"),
    version: text("version"),
    platform: text("platform"),
    architecture: text("architecture"),
    description: text("description"),
    author: text("author"),
    vcs_identifier: text("vcs_identifier"),
    misc: text("misc"),
  };
}

/**
 * The firmware a join makes the device's recorded one.
 * @param recorded what was on record; new values are laid over it
 * @param known an image of the hub by its uuid, which stands in for incomplete metadata
 * @returns undefined when the join does not say enough: the record then stays as it is
 */
export function firmwareOfJoin(
  payload: JsonObject,
  recorded: FirmwareMetadata | undefined,
  known: (uuid: string) => FirmwareMetadata | undefined,
): FirmwareMetadata | undefined {
  const reported = reportedFirmware(payload);
  const { uuid, product, version, platform, architecture } = reported;
  const tooLong = Object.values(reported).some((text) => (text?.length ?? 0) > maxMetadataCharacters);
  const complete = !tooLong && [uuid, product, version, platform, architecture].every(isFilledText);
  if (!complete) return isText(uuid) ? known(uuid) : undefined;
  return {
    uuid: uuid!,
    product: product!,
    version: version!,
    platform: platform!,
    architecture: architecture!,
    description: reported.description ?? recorded?.description ?? null,
    author: reported.author ?? recorded?.author ?? null,
    vcs_identifier: reported.vcs_identifier ?? recorded?.vcs_identifier ?? null,
    misc: reported.misc ?? recorded?.misc ?? null,
  };
}

/**
 * What an uploaded ESP-IDF image is filed under; its segments and checksums are not looked at, as on the real server.
 * @throws Fault in a sentence when NervesHub would not take it
 */
export function firmwareOfImage(bytes: Uint8Array): FirmwareMetadata {
  const head = headOf(bytes);
  const description = `ESP-IDF ${head.description.idfVersion}`;
  return { ...firmwareMetadata(head), description, author: null, vcs_identifier: null, misc: null };
}
