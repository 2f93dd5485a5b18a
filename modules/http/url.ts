/*
 * URLs of the schemes http, https, ws and wss, as far as downloads and upgrades need them (RFC 3986): XS has no URL class.
 *
 * Not a general parser: user names in URLs, IPv6 zones and host names outside ASCII are refused. The rule it guards:
 * nothing of a URL can break out of the request line it is put into, and its query, which may be a signature, is shown
 * nowhere.
 */

import { decimal, digits, hexDigits, isAsciiText, isMadeOf, letters } from "../text/characters.js";

export type Scheme = "http" | "https" | "ws" | "wss";

export interface Url {
  scheme: Scheme;
  /** Lower case, IPv6 addresses without brackets. */
  host: string;
  port: number;
  /** Path with query as it goes into the request line; begins with "/". The fragment is dropped. */
  path: string;
}

const nameCharacters = `${digits}${letters}._-`;
const addressCharacters = `${hexDigits}:.`;

/** @returns undefined when `text` is not an absolute URL of a known scheme with a usable host */
export const parseUrl = (text: string): Url | undefined => {
  const escaped = percentEncoded(text);
  const mark = escaped?.indexOf("://") ?? -1;
  if (escaped === undefined || mark < 0) return undefined;
  const scheme = escaped.slice(0, mark).toLowerCase();
  if (scheme !== "http" && scheme !== "https" && scheme !== "ws" && scheme !== "wss") return undefined;
  const [rest] = escaped.slice(mark + 3).split("#", 1);
  const [server] = rest.split("?", 1)[0].split("/", 1);
  const where = hostAndPort(server);
  if (!where) return undefined;
  const { host, port = defaultPort(scheme) } = where;
  if (port < 1 || port > 65535) return undefined;
  const path = rest.slice(server.length);
  return { scheme, host: host.toLowerCase(), port, path: path.startsWith("/") ? path : `/${path}` };
};

/** Host and port of an authority (RFC 3986 §3.2.2, §3.2.3). @returns undefined when there is anything else in it */
const hostAndPort = (text: string): { host: string; port: number | undefined } | undefined => {
  const bracketed = text.startsWith("[");
  const end = bracketed ? text.indexOf("]") : text.indexOf(":");
  if (bracketed && end < 0) return undefined;
  const host = bracketed ? text.slice(1, end) : end < 0 ? text : text.slice(0, end);
  const behind = bracketed ? text.slice(end + 1) : text.slice(host.length);
  if (host === "" || !isMadeOf(host, bracketed ? addressCharacters : nameCharacters)) return undefined;
  if (behind === "" || behind === ":") return { host, port: undefined };
  const port = behind.startsWith(":") ? decimal(behind.slice(1), 5) : undefined;
  return port === undefined ? undefined : { host, port };
};

/** Whether a reference begins with a scheme (RFC 3986 §3.1). */
const hasScheme = (reference: string): boolean => {
  const colon = reference.indexOf(":");
  return colon > 0 && letters.includes(reference[0]) && isMadeOf(reference.slice(0, colon), `${digits}${letters}+.-`);
};

/**
 * Resolves `reference` (the value of a `Location`) against `base` (RFC 3986 §5.2).
 * @returns undefined when the result is not a usable URL
 */
export const resolveUrl = (base: Url, reference: string): Url | undefined => {
  if (hasScheme(reference)) return parseUrl(reference);
  if (reference.startsWith("//")) return parseUrl(`${base.scheme}:${reference}`);
  const escaped = percentEncoded(reference)?.split("#")[0];
  if (escaped === undefined) return undefined;
  const [basePath] = base.path.split("?");
  let path = base.path;
  if (escaped.startsWith("/")) path = withoutDots(escaped);
  else if (escaped.startsWith("?")) path = basePath + escaped;
  else if (escaped !== "") path = withoutDots(basePath.slice(0, basePath.lastIndexOf("/") + 1) + escaped);
  return { ...base, path };
};

/** Whether credentials for `a` may be shown to `b`: same scheme, host and port. */
export const sameOrigin = (a: Url, b: Url): boolean => {
  return a.scheme === b.scheme && a.host === b.host && a.port === b.port;
};

/** `Host` header: brackets around IPv6, the port unless it is the scheme's own (RFC 9110 §7.2). */
export const hostHeader = (url: Url): string => {
  const host = url.host.includes(":") ? `[${url.host}]` : url.host;
  return url.port === defaultPort(url.scheme) ? host : `${host}:${url.port}`;
};

/** The URL for messages and logs: without its query. */
export const publicText = (url: Url): string => {
  return `${url.scheme}://${hostHeader(url)}${url.path.split("?")[0]}`;
};

const defaultPort = (scheme: Scheme): number => {
  return scheme === "https" || scheme === "wss" ? 443 : 80;
};

/** Percent-encodes what must not stand in a request line; control characters make the whole text unusable. */
const percentEncoded = (text: string): string | undefined => {
  if (isPlain(text)) return text;
  const parts: string[] = [];
  try {
    for (const character of text) {
      const code = character.codePointAt(0)!;
      if (code < 0x20 || code === 0x7f) return undefined;
      parts.push(isVisible(character) ? character : encodeURIComponent(character));
    }
  } catch {
    return undefined; // half of a surrogate pair
  }
  return parts.join("");
};

const isPlain = (text: string): boolean => {
  for (const character of text) if (!isVisible(character)) return false;
  return true;
};

const isVisible = (character: string): boolean => {
  return isAsciiText(character) && character !== " ";
};

/** Removes dot segments (RFC 3986 §5.2.4) from a path that begins with "/"; the query stays as it is. */
const withoutDots = (pathAndQuery: string): string => {
  const question = pathAndQuery.indexOf("?");
  const path = question < 0 ? pathAndQuery : pathAndQuery.slice(0, question);
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
    if (last && (segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}${question < 0 ? "" : pathAndQuery.slice(question)}`;
};
