/*
 * URLs as far as downloads and upgrades need them (RFC 3986), since XS has no URL. Schemes http, https, ws and wss.
 *
 * Not a general parser: user names in URLs, IPv6 zones and host names outside ASCII are refused. What it guards: nothing
 * of a URL can break out of the request line it is put into, and its query, which may be a signature, is shown nowhere.
 */

export type Scheme = "http" | "https" | "ws" | "wss";

export interface Url {
  scheme: Scheme;
  /** Lower case, IPv6 addresses without brackets. */
  host: string;
  port: number;
  /** Path with query as it goes into the request line; begins with "/". The fragment is dropped. */
  path: string;
}

const absolute = (): RegExp => /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i;
const authority = (): RegExp => /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::([0-9]*))?$/i;

/** @returns undefined when `text` is not an absolute URL of a known scheme with a usable host */
export const parseUrl = (text: string): Url | undefined => {
  const escaped = percentEncoded(text);
  const parts = escaped === undefined ? null : absolute().exec(escaped);
  if (!parts) return undefined;
  const scheme = parts[1].toLowerCase();
  if (scheme !== "http" && scheme !== "https" && scheme !== "ws" && scheme !== "wss") return undefined;
  const where = authority().exec(parts[2]);
  if (!where) return undefined;
  const port = where[3] ? Number(where[3]) : defaultPort(scheme);
  if (port < 1 || port > 65535) return undefined;
  const path = parts[3].startsWith("/") ? parts[3] : `/${parts[3]}`;
  return { scheme, host: (where[1] ?? where[2]).toLowerCase(), port, path };
};

/**
 * The URL that `reference` (a `Location`) means, seen from `base` (RFC 3986 §5.2).
 * @returns undefined when it leads nowhere usable
 */
export const resolveUrl = (base: Url, reference: string): Url | undefined => {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return parseUrl(reference);
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
  try {
    let usable = true;
    const escaped = text.replace(/[^\x21-\x7e]/gu, (character) => {
      if (character < " " || character === "\x7f") usable = false;
      return encodeURIComponent(character);
    });
    return usable ? escaped : undefined;
  } catch {
    return undefined; // half of a surrogate pair
  }
};

/** RFC 3986 §5.2.4, on a path that begins with "/"; the query stays as it is. */
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
