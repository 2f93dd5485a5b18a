/*
 * Firmware versions as NervesHub reads them from an image: SemVer 2.0.0, after a repair of what builds often produce.
 *
 * Source: NervesHub, lib/nerves_hub/firmwares/update_tool/esp_idf.ex. Valid there is what Elixir's Version.parse accepts:
 * three numbers, no leading zeros in numbers or numeric pre-release identifiers.
 */

import { digits, isMadeOf, letters } from "../../modules/text/characters.js";

const identifierCharacters = `${digits}${letters}-`;

/** Whether `text` is a number without leading zeros: "0", "10"; not "01". */
const isNumber = (text: string): boolean => {
  return text !== "" && isMadeOf(text, digits) && (text.length === 1 || text[0] !== "0");
};

const isIdentifier = (text: string): boolean => text !== "" && isMadeOf(text, identifierCharacters);

const isPreReleaseIdentifier = (text: string): boolean => {
  return isMadeOf(text, digits) ? isNumber(text) : isIdentifier(text);
};

/** @returns the text before the first `mark`, and the text behind it; undefined when there is no `mark` */
const splitAt = (text: string, mark: string): [before: string, behind: string | undefined] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};

/** Whether `version` is valid by SemVer 2.0.0 and by Elixir's Version. */
export const isSemVer = (version: string): boolean => {
  const [rest, build] = splitAt(version, "+");
  const [core, preRelease] = splitAt(rest, "-");
  const numbers = core.split(".");
  if (numbers.length !== 3 || !numbers.every(isNumber)) return false;
  if (preRelease !== undefined && !preRelease.split(".").every(isPreReleaseIdentifier)) return false;
  return build === undefined || build.split(".").every(isIdentifier);
};

/** `text` without every `character` at its start. */
const without = (text: string, character: string): string => {
  let at = 0;
  while (text[at] === character) at++;
  return text.slice(at);
};

/**
 * The version under which NervesHub files an image.
 *
 * @param version as the build wrote it: "v1.4.0", "1.4", "1.4.0.12"
 * @returns "1.4.0", "1.4.0", "1.4.0+12"; undefined when the server would refuse it
 */
export const normaliseVersion = (version: string): string | undefined => {
  const bare = without(without(version.trim(), "v"), "V");
  if (isSemVer(bare)) return bare;
  const parts = bare.split(".");
  if (!parts.every((part) => part !== "" && isMadeOf(part, digits))) return undefined;
  let repaired: string;
  if (parts.length === 1) repaired = `${parts[0]}.0.0`;
  else if (parts.length === 2) repaired = `${parts[0]}.${parts[1]}.0`;
  else if (parts.length === 4) repaired = `${parts[0]}.${parts[1]}.${parts[2]}+${parts[3]}`;
  else return undefined;
  return isSemVer(repaired) ? repaired : undefined;
};
