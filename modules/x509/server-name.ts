/*
 * Server name: whether a certificate is for this server (RFC 9525, formerly 6125), and the name that is sent as SNI.
 *
 * Only subjectAltName counts: DNS names, with "*" as the whole left-most label, and IP addresses byte for byte. The
 * common name is never looked at.
 */

import { decimal, digits, hexadecimal, hexDigits, isMadeOf, letters } from "../text/characters.js";
import { sameBytes } from "../text/same-bytes.js";
import { decodeUtf8 } from "../text/utf8.js";
import { shownName } from "./certificate.js";
import { DerReader } from "./der.js";

const dnsName = 0x82;
const ipAddress = 0x87;

/** Characters of a DNS name without its final dot (RFC 1035 §2.3.4). */
const maxNameCharacters = 253;

/** Names that a refusal lists: a certificate of a content network can have a hundred. */
const listedNames = 6;

/** @returns the four bytes of a dotted IPv4 address, or undefined */
export const ipv4Address = (host: string): Uint8Array | undefined => {
  const parts = host.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const value = decimal(parts[i], 3);
    if (value === undefined || value > 255 || parts[i] !== String(value)) return undefined;
    bytes[i] = value;
  }
  return bytes;
};

/** @returns the sixteen bytes of an IPv6 address (no zone, no embedded IPv4), or undefined */
export const ipv6Address = (host: string): Uint8Array | undefined => {
  const halves = host.split("::");
  if (halves.length > 2 || !host.includes(":")) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const count = groups.reduce((sum, half) => sum + half.length, 0);
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const bytes = new Uint8Array(16);
  for (let half = 0; half < groups.length; half++) {
    let at = half === 0 ? 0 : 16 - groups[half].length * 2;
    for (const group of groups[half]) {
      const value = hexadecimal(group, 4);
      if (value === undefined) return undefined;
      bytes[at++] = value >> 8;
      bytes[at++] = value & 0xff;
    }
  }
  return bytes;
};

/**
 * The server name indication for a server that is known as `host` (RFC 6066 §3): the name in lower case, without the
 * final dot.
 * @returns undefined for an address in any form and for text that is no ASCII host name: no SNI may be sent then
 */
export const sniName = (host: string): string | undefined => {
  const lower = host.toLowerCase();
  const name = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  const labels = name.split(".");
  if (name.length > maxNameCharacters || !labels.every(isLabel)) return undefined;
  // No top-level domain is a number (RFC 3696 §2); resolvers take "127.1" and "0x7f000001" for addresses.
  const last = labels[labels.length - 1];
  const isNumber = isMadeOf(last, digits) || (last.startsWith("0x") && isMadeOf(last.slice(2), hexDigits));
  return isNumber ? undefined : name;
};

const isLabel = (text: string): boolean => {
  return text !== "" && isMadeOf(text, `${digits}${letters}_-`);
};

const matchesDns = (pattern: string, host: string): boolean => {
  if (!pattern.startsWith("*.")) return pattern === host;
  const dot = host.indexOf(".");
  const rest = pattern.slice(2);
  // "*.com" would speak for every company.
  return dot > 0 && rest.includes(".") && host.slice(dot + 1) === rest;
};

/** The text of an IP address in a certificate, for people. */
export const addressText = (bytes: Uint8Array): string => {
  if (bytes.byteLength === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let i = 0; i + 1 < bytes.byteLength; i += 2) groups.push(((bytes[i] << 8) | bytes[i + 1]).toString(16));
  return groups.join(":");
};

/**
 * Whether a certificate is for `host`.
 * @param alternativeNames contents of the certificate's subjectAltName
 * @param host name or address that was connected to, any case, a final dot allowed
 */
export const matchesServerName = (alternativeNames: Uint8Array | undefined, host: string): boolean => {
  if (alternativeNames === undefined) return false;
  const address = ipv4Address(host) ?? ipv6Address(host);
  const lower = host.toLowerCase();
  const name = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  const names = new DerReader(alternativeNames);
  while (!names.done) {
    const kind = names.next;
    const value = names.read(kind);
    if (address) {
      if (kind === ipAddress && sameBytes(value, address)) return true;
    } else if (kind === dnsName && matchesDns(decodeUtf8(value).toLowerCase(), name)) return true;
  }
  return false;
};

/** The first few names and addresses that a certificate is for, for the text of a refusal. */
export const offeredNames = (alternativeNames: Uint8Array | undefined): string[] => {
  const offered: string[] = [];
  if (alternativeNames === undefined) return offered;
  const names = new DerReader(alternativeNames);
  while (!names.done) {
    const kind = names.next;
    const value = names.read(kind);
    if (kind !== dnsName && kind !== ipAddress) continue;
    if (offered.length === listedNames) {
      offered.push("…");
      break;
    }
    offered.push(kind === dnsName ? shownName(decodeUtf8(value)) : addressText(value));
  }
  return offered;
};
