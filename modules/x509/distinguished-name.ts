/*
 * Distinguished names: whether one lies below another (RFC 5280 §7.1).
 *
 * Attributes are compared by type and text: case, the kind of string and the number of spaces do not matter. Unicode is
 * not normalised as RFC 4518 §2.3 asks (OpenSSL and Go do not either). This comparison never finds an issuer: `path.ts`
 * compares the bytes of names.
 */

import { toHex } from "../text/hex.js";
import { sameBytes } from "../text/same-bytes.js";
import { decodeUtf8 } from "../text/utf8.js";
import { DerReader, tag } from "./der.js";

/** Tags of the string types that names are made of (X.520 DirectoryString, and IA5String for mail addresses). */
const utf8String = 0x0c;
const printableString = 0x13;
const teletexString = 0x14;
const ia5String = 0x16;
const visibleString = 0x1a;
const universalString = 0x1c;
const bmpString = 0x1e;

/** Attributes of one relative distinguished name; two are rare already. */
const maxAttributes = 8;

/** PKCS#9 (RFC 2985 §5.2.1), its OID as hexadecimal. */
const emailAddress = "2a864886f70d010901";

/** The text of characters of `width` bytes each. TeletexString is read as Latin-1, as all implementations do. */
const wide = (bytes: Uint8Array, width: number): string => {
  if (bytes.byteLength % width !== 0) throw new Error("half a character");
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += width) {
    let character = 0;
    for (let i = 0; i < width; i++) character = character * 256 + bytes[at + i];
    text += String.fromCodePoint(character);
  }
  return text;
};

const textOf = (kind: number, bytes: Uint8Array): string | undefined => {
  switch (kind) {
    case utf8String:
    case printableString:
    case ia5String:
    case visibleString:
      return decodeUtf8(bytes);
    case teletexString:
      return wide(bytes, 1);
    case bmpString:
      return wide(bytes, 2);
    case universalString:
      return wide(bytes, 4);
    default:
      return undefined;
  }
};

/** A normal form: two values have the same form when they mean the same text. A value of another kind is its hexadecimal. */
const comparable = (value: Uint8Array): string => {
  const text = textOf(value[0], new DerReader(value).read(value[0]));
  return text === undefined
    ? `#${toHex(value)}`
    : `"${text
        .toLowerCase()
        .split(" ")
        .filter((word) => word !== "")
        .join(" ")}"`;
};

/** "OID=value" of each attribute of one RelativeDistinguishedName. */
const attributesOf = (set: Uint8Array): string[] => {
  const found: string[] = [];
  const attributes = new DerReader(set);
  while (!attributes.done) {
    if (found.length === maxAttributes) throw new Error("a name with too many attributes at one place");
    const attribute = attributes.enter();
    const type = toHex(attribute.read(tag.oid));
    found.push(`${type}=${comparable(attribute.element())}`);
    attribute.end();
  }
  return found.sort();
};

const sameSet = (a: Uint8Array, b: Uint8Array): boolean => {
  if (sameBytes(a, b)) return true;
  const ours = attributesOf(a);
  const theirs = attributesOf(b);
  return ours.length === theirs.length && ours.every((attribute, i) => attribute === theirs[i]);
};

/**
 * @param name Name, DER
 * @param base Name, DER
 * @returns whether `name` begins with all of `base`
 * @throws Error when one of them cannot be read
 */
export const isBelow = (name: Uint8Array, base: Uint8Array): boolean => {
  const ours = new DerReader(name).enter();
  const theirs = new DerReader(base).enter();
  while (!theirs.done) {
    if (ours.done || !sameSet(ours.read(tag.set), theirs.read(tag.set))) return false;
  }
  return true;
};

/** Whether `name` (DER) has a mail address among its attributes. @throws Error when it cannot be read */
export const hasEmailAddress = (name: Uint8Array): boolean => {
  const sets = new DerReader(name).enter();
  while (!sets.done) {
    const attributes = sets.enter(tag.set);
    while (!attributes.done) if (toHex(attributes.enter().read(tag.oid)) === emailAddress) return true;
  }
  return false;
};
