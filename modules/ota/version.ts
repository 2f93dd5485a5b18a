/*
 * Firmware versions as NervesHub reads them from an image: SemVer 2.0.0, after a repair of what builds often produce.
 *
 * Source: NervesHub, lib/nerves_hub/firmwares/update_tool/esp_idf.ex, whose notion of valid is Elixir's Version.parse:
 * three numbers, no leading zeros in numbers or numeric pre-release identifiers.
 */

const number = "(0|[1-9][0-9]*)";
const preReleaseIdentifier = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const semVer = (): RegExp =>
  new RegExp(
    `^${number}\\.${number}\\.${number}(?:-${preReleaseIdentifier}(?:\\.${preReleaseIdentifier})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
  );
const numeric = (): RegExp => /^[0-9]+$/;

/** True for a version as SemVer 2.0.0 (and Elixir's Version) has it. */
export const isSemVer = (version: string): boolean => {
  return semVer().test(version);
};

/**
 * The version under which NervesHub files an image.
 *
 * @param version as the build wrote it: "v1.4.0", "1.4", "1.4.0.12"
 * @returns "1.4.0", "1.4.0", "1.4.0+12"; undefined when the server would refuse it
 */
export const normaliseVersion = (version: string): string | undefined => {
  const bare = version.trim().replace(/^v+/, "").replace(/^V+/, "");
  if (isSemVer(bare)) return bare;
  const parts = bare.split(".");
  if (!parts.every((part) => numeric().test(part))) return undefined;
  let repaired: string;
  if (parts.length === 1) repaired = `${parts[0]}.0.0`;
  else if (parts.length === 2) repaired = `${parts[0]}.${parts[1]}.0`;
  else if (parts.length === 4) repaired = `${parts[0]}.${parts[1]}.${parts[2]}+${parts[3]}`;
  else return undefined;
  return isSemVer(repaired) ? repaired : undefined;
};
