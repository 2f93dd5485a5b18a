/*
 * What a single option must look like, and the sentence when it does not. Used for the options of a link and by the tools that write those: what is stored is what the device would accept.
 *
 * The rule it guards: what can never connect is refused where it is written, by name, before anything was sent.
 */

import { Fault } from "../modules/fault/fault.js";
import { decimal, digits, hexadecimal, hexDigits, isMadeOf, letters } from "../modules/text/characters.js";

/** Of a name in DNS (RFC 1035 §2.3.4), and of each of its parts. */
const longestName = 253;
const longestLabel = 63;
/** Of a key, in characters: one header line with room to spare. NervesHub's have 47. */
const longestKey = 255;
/** @param what "must be …", "does not …", without a full stop */
export const wrong = (option: string, what: string): Fault => {
  return new Fault("options", "bad-option", `Option "${option}" ${what}.`);
};

/**
 * A text that is not blank and holds no control character: a line end that was copied along, most of all. Less strict than
 * `isPrintable`, since a network or a device may really have a name with a mark of direction in it.
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

/** As `requireText`, for what is copied and pasted: a space at an end is never meant. */
export const requireExactText = (option: string, value: unknown): string => {
  const text = requireText(option, value);
  if (text.trim() !== text) throw wrong(option, "begins or ends with a space: give the text alone");
  return text;
};

/** What travels as the value of a header. */
export const requireKey = (option: string, value: unknown, prefix: string): string => {
  const key = requireExactText(option, value);
  if (!key.startsWith(prefix)) throw wrong(option, `does not start with "${prefix}": copy the key, not its secret`);
  if (key.length === prefix.length) throw wrong(option, `has nothing behind "${prefix}": copy the whole key`);
  if (key.length > longestKey) throw wrong(option, `has more than ${longestKey} characters`);
  const foreign = foreignTo(key);
  if (foreign !== undefined) throw wrong(option, `holds "${foreign}", which no key has`);
  return key;
};

/** Texts are told apart: what mcconfig puts into mc/config is one, and "false" would switch on. */
export const requireBoolean = (option: string, value: unknown): boolean => {
  if (typeof value === "string")
    throw wrong(option, 'must be true or false, not a text: compare what mc/config holds with "true"');
  if (typeof value !== "boolean") throw wrong(option, "must be true or false");
  return value;
};

/** Not null and no list, which a spread would take for one without a word. */
export const requireObject = (option: string, value: unknown): object => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(option, "must be an object");
  return value;
};

/** A list of objects. @returns it as it is; an empty one for undefined */
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
 * That an object has functions under these names. Each is called through src/log/guarded.ts, and nowhere else.
 * @param optional may be absent
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

/** What is copied beside a key. Of the secret itself the sentence says nothing. */
export const requireSecret = (option: string, value: unknown): string => {
  const secret = requireExactText(option, value);
  if (secret.startsWith("nhp_") || secret.startsWith("nhd_"))
    throw wrong(option, "is a key: copy the secret beside it");
  if (foreignTo(secret) !== undefined) throw wrong(option, "holds a character that no secret has: copy it again");
  return secret;
};

/** The first character that is not visible ASCII, which keys and secrets of NervesHub are made of. */
const foreignTo = (text: string): string | undefined => {
  for (const character of text) if (character <= " " || character > "~") return character;
  return undefined;
};

export const requireNumber = (option: string, value: number, least: number, most: number): number => {
  if (!Number.isFinite(value) || value < least || value > most) throw wrong(option, `must be from ${least} to ${most}`);
  return value;
};

export const requireWhole = (option: string, value: number, least: number, most: number): number => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(option, `must be a whole number from ${least} to ${most}`);
  return value;
};

/** A host name or an address, alone. */
export const requireHost = (option: string, value: unknown): string => {
  const host = requireText(option, value);
  if (host.includes("/") || host.includes(" ")) throw wrong(option, "must be a name without scheme and path");
  if (isIpv6(host)) return host;
  if (host.includes(":")) throw wrong(option, 'must be a name without a port, which is an option of its own: "port"');
  if (host.length > longestName) throw wrong(option, `has more than ${longestName} characters`);
  const labels = host.split(".");
  // What ends in a number is an address to every resolver (the URL standard, "ends in a number").
  if (isNumeric(labels[labels.length - 1]) && !isIpv4(host))
    throw wrong(option, "is no address: that has four numbers from 0 to 255");
  for (const label of labels)
    if (!isLabel(label)) throw wrong(option, `must be a host name such as devices.nervescloud.com, or an address`);
  return host;
};

/** "12", "0x", "0xAB". */
const isNumeric = (label: string): boolean => {
  if (label.startsWith("0x") || label.startsWith("0X")) return isMadeOf(label.slice(2), hexDigits);
  return label !== "" && isMadeOf(label, digits);
};

/** Letters and digits with "-" and "_" between them. */
const isLabel = (label: string): boolean => {
  if (label === "" || label.length > longestLabel || label.startsWith("-") || label.endsWith("-")) return false;
  return isMadeOf(label, `${digits}${letters}_-`);
};

const isIpv4 = (text: string): boolean => {
  const octets = text.split(".").map((octet) => decimal(octet, 3));
  return octets.length === 4 && octets.every((octet) => octet !== undefined && octet <= 255);
};

/** Its shape: groups of hexadecimal digits, eight at most, fewer with one gap "::" (RFC 4291 §2.2). */
const isIpv6 = (text: string): boolean => {
  const groups = text.split(":");
  if (groups.length < 3 || groups.length > 9 || text.split("::").length > 2 || text.includes(":::")) return false;
  // A single colon at an end has a group missing.
  if ((groups[0] === "" && groups[1] !== "") || (groups.at(-1) === "" && groups.at(-2) !== "")) return false;
  const dotted = groups[groups.length - 1].includes(".") ? groups.pop() : undefined;
  if (dotted !== undefined && !isIpv4(dotted)) return false;
  if (!groups.every((group) => group === "" || hexadecimal(group, 4) !== undefined)) return false;
  return text.includes("::") || groups.length === (dotted === undefined ? 8 : 6);
};
