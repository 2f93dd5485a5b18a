/*
 * Checks of a single option, each with the sentence for a wrong value. The link uses them for its options, and the tools for
 * what they store, so that a device accepts what is stored.
 *
 * The rule it guards: a value that can never connect is refused by name where it is written, before anything is sent.
 */

import { Fault } from "../modules/fault/fault.js";
import { decimal, digits, hexadecimal, hexDigits, isMadeOf, letters } from "../modules/text/characters.js";

/** Longest DNS name and longest label, in characters (RFC 1035 §2.3.4). */
const longestName = 253;
const longestLabel = 63;
/** Longest key, in characters: it fits a header line with room to spare. NervesHub's keys have 47. */
const longestKey = 255;

/** Makes the fault for a wrong option. @param what "must be …", "does not …", without a full stop */
export const wrong = (option: string, what: string): Fault => {
  return new Fault("options", "bad-option", `Option "${option}" ${what}.`);
};

/**
 * Requires a text that is not blank and holds no control character; the usual one is a line end that was copied along. This
 * is less strict than `isPrintable`, since the name of a network or a device may hold a direction mark.
 *
 * @throws Fault of stage "options" that names the option
 */
export const requireText = (option: string, value: unknown): string => {
  if (typeof value !== "string" || value.trim() === "") throw wrong(option, "must be a text that is not empty");
  for (const character of value) {
    const code = character.codePointAt(0) as number;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029)
      throw wrong(option, "holds a line end or another control character: give the text alone");
    if (code >= 0xd800 && code < 0xe000) throw wrong(option, "holds half a character (a lone surrogate)");
  }
  return value;
};

/**
 * As `requireText`, for what is copied and pasted: a space at an end is never meant.
 *
 * @throws Fault of stage "options"
 */
export const requireExactText = (option: string, value: unknown): string => {
  const text = requireText(option, value);
  if (text.trim() !== text) throw wrong(option, "begins or ends with a space: give the text alone");
  return text;
};

/** Requires a key, which is sent as the value of a header. @throws Fault of stage "options" */
export const requireKey = (option: string, value: unknown, prefix: string): string => {
  const key = requireExactText(option, value);
  if (!key.startsWith(prefix)) throw wrong(option, `does not start with "${prefix}": copy the key, not its secret`);
  if (key.length === prefix.length) throw wrong(option, `has nothing behind "${prefix}": copy the whole key`);
  if (key.length > longestKey) throw wrong(option, `has more than ${longestKey} characters`);
  const foreign = foreignTo(key);
  if (foreign !== undefined) throw wrong(option, `holds "${foreign}", which no key has`);
  return key;
};

/**
 * Requires a boolean. A text gets its own sentence: mcconfig puts texts into mc/config, and "false" is truthy.
 *
 * @throws Fault of stage "options"
 */
export const requireBoolean = (option: string, value: unknown): boolean => {
  if (typeof value === "string")
    throw wrong(option, 'must be true or false, not a text: compare what mc/config holds with "true"');
  if (typeof value !== "boolean") throw wrong(option, "must be true or false");
  return value;
};

/**
 * Requires an object; null and lists are refused, since a spread would accept them silently.
 *
 * @throws Fault of stage "options"
 */
export const requireObject = (option: string, value: unknown): object => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(option, "must be an object");
  return value;
};

/**
 * Requires a list of objects.
 *
 * @returns the list itself; an empty list for undefined
 * @throws Fault of stage "options"
 */
export const requireObjects = <Item extends object>(
  option: string,
  list: readonly Item[] | undefined,
): readonly Item[] => {
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.every((item) => typeof item === "object" && item !== null))
    throw wrong(option, "must be a list of objects");
  return list;
};

/**
 * Requires an object with functions of these names. They are called only through src/log/guarded.ts.
 * @param optional names that may be absent
 * @throws Fault of stage "options"
 */
export const requireFunctions = (
  option: string,
  given: unknown,
  needed: readonly string[],
  optional: readonly string[] = [],
): void => {
  const owner = requireObject(option, given) as Record<string, unknown>;
  for (const name of [...needed, ...optional]) {
    const value = owner[name];
    if (typeof value !== "function" && (value !== undefined || needed.includes(name)))
      throw wrong(`${option}.${name}`, "must be a function");
  }
};

/** Requires the secret of a key. The sentence shows nothing of the secret. @throws Fault of stage "options" */
export const requireSecret = (option: string, value: unknown): string => {
  const secret = requireExactText(option, value);
  if (secret.startsWith("nhp_") || secret.startsWith("nhd_"))
    throw wrong(option, "is a key: copy the secret beside it");
  if (foreignTo(secret) !== undefined) throw wrong(option, "holds a character that no secret has: copy it again");
  return secret;
};

/** The first character that is not visible ASCII; NervesHub's keys and secrets are visible ASCII. */
const foreignTo = (text: string): string | undefined => {
  for (const character of text) if (character <= " " || character > "~") return character;
  return undefined;
};

/** @throws Fault of stage "options" */
export const requireNumber = (option: string, value: number, least: number, most: number): number => {
  if (!Number.isFinite(value) || value < least || value > most) throw wrong(option, `must be from ${least} to ${most}`);
  return value;
};

/** @throws Fault of stage "options" */
export const requireWhole = (option: string, value: number, least: number, most: number): number => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(option, `must be a whole number from ${least} to ${most}`);
  return value;
};

/**
 * Requires a host name or an IP address, without scheme, port and path.
 *
 * @returns it; an IPv6 address without the brackets that it has in a URL
 * @throws Fault of stage "options"
 */
export const requireHost = (option: string, value: unknown): string => {
  const given = requireText(option, value);
  const host = given.startsWith("[") && given.endsWith("]") ? given.slice(1, -1) : given;
  if (host !== given && !isIpv6(host)) throw wrong(option, "has brackets, and no IPv6 address between them");
  if (host.includes("/") || host.includes(" ")) throw wrong(option, "must be a name without scheme and path");
  if (isIpv6(host)) return host;
  if (host.includes(":")) throw wrong(option, 'must be a name without a port, which is an option of its own: "port"');
  if (host.length > longestName) throw wrong(option, `has more than ${longestName} characters`);
  // A final dot says that the name is complete (RFC 1034 §3.1).
  const labels = (host.endsWith(".") ? host.slice(0, -1) : host).split(".");
  // A name whose last label is a number is an IPv4 address to every resolver (the URL standard, "ends in a number").
  if (isNumeric(labels[labels.length - 1]) && !isIpv4(host))
    throw wrong(option, "is no address: that has four numbers from 0 to 255");
  for (const label of labels)
    if (!isLabel(label)) throw wrong(option, `must be a host name such as devices.nervescloud.com, or an address`);
  return host;
};

/** Whether a label is a number as the URL standard reads it: "12", "0x", "0xAB". */
const isNumeric = (label: string): boolean => {
  if (label.startsWith("0x") || label.startsWith("0X")) return isMadeOf(label.slice(2), hexDigits);
  return label !== "" && isMadeOf(label, digits);
};

/** Whether a text is a label: letters, digits, "_" and "-", with no "-" at either end. */
const isLabel = (label: string): boolean => {
  if (label === "" || label.length > longestLabel || label.startsWith("-") || label.endsWith("-")) return false;
  return isMadeOf(label, `${digits}${letters}_-`);
};

const isIpv4 = (text: string): boolean => {
  const octets = text.split(".").map((octet) => decimal(octet, 3));
  return octets.length === 4 && octets.every((octet) => octet !== undefined && octet <= 255);
};

/** Whether a text looks like an IPv6 address: eight groups of hexadecimal digits, or fewer with one "::" (RFC 4291 §2.2). */
const isIpv6 = (text: string): boolean => {
  const groups = text.split(":");
  if (groups.length < 3 || groups.length > 9 || text.split("::").length > 2 || text.includes(":::")) return false;
  // A single colon at the start or the end lacks a group.
  if ((groups[0] === "" && groups[1] !== "") || (groups.at(-1) === "" && groups.at(-2) !== "")) return false;
  const dotted = groups[groups.length - 1].includes(".") ? groups.pop() : undefined;
  if (dotted !== undefined && !isIpv4(dotted)) return false;
  if (!groups.every((group) => group === "" || hexadecimal(group, 4) !== undefined)) return false;
  return text.includes("::") || groups.length === (dotted === undefined ? 8 : 6);
};
