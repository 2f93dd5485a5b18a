/*
 * What a setting of the flashable app must look like beyond an option of the link (src/option-checks.ts): its network and
 * its time servers.
 */

import { hexDigits, isMadeOf } from "../modules/text/characters.js";
import { encodeUtf8 } from "../modules/text/utf8.js";
import { requireHost, requireText, wrong } from "./option-checks.js";

/**
 * Time servers that a setting may name. They are asked in turn, and one that is silent takes up to 20 s: a round of ten
 * is over within minutes.
 */
export const maxTimeServers = 10;

/** Bytes of an SSID and of a WPA pass phrase (IEEE 802.11). 64 bytes are the key itself, in hexadecimal digits. */
const longestSsid = 32;
const shortestPassphrase = 8;
const longestPassphrase = 63;

/**
 * Requires a list of time servers: host names or addresses with spaces or commas between.
 *
 * @throws Fault of stage "options"
 */
export const requireTimeServers = (option: string, value: unknown): readonly string[] => {
  const servers = requireText(option, value)
    .split(",")
    .flatMap((part) => part.split(" "))
    .filter((server) => server !== "");
  if (servers.length === 0) throw wrong(option, "names no server: give host names with spaces or commas between");
  if (servers.length > maxTimeServers) throw wrong(option, `names more than ${maxTimeServers} servers`);
  for (const server of servers) requireHost(option, server);
  return servers;
};

/** The name of a Wi-Fi network. @throws Fault of stage "options" */
export const requireSsid = (option: string, value: unknown): string => {
  const ssid = requireText(option, value);
  if (encodeUtf8(ssid).byteLength > longestSsid) throw wrong(option, `has more than ${longestSsid} bytes`);
  return ssid;
};

/** A pass phrase for WPA, or its key as 64 hexadecimal digits. @throws Fault of stage "options" */
export const requirePassphrase = (option: string, value: unknown): string => {
  const phrase = requireText(option, value);
  const { byteLength } = encodeUtf8(phrase);
  if (byteLength >= shortestPassphrase && byteLength <= longestPassphrase) return phrase;
  if (phrase.length === 64 && isMadeOf(phrase, hexDigits)) return phrase;
  const length = `${shortestPassphrase} to ${longestPassphrase} characters`;
  throw wrong(option, `must have ${length}, or be a key of 64 hexadecimal digits; leave it out for an open network`);
};
