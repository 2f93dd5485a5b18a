/*
 * What a newcomer reads when the hub has started: where it is, the key, and the lines that connect a device to it. The rule
 * it guards: the lines work as they stand.
 */

import { X509Certificate } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Hub } from "./hub.js";

interface Credentials {
  readonly key: string;
  readonly secret: string;
  readonly firmwareDir: string;
  /** The root that the hub's certificate leads to, where devices do not know it by themselves. */
  readonly root?: PrivateRoot;
}

/** A root certificate that no public list has. */
export interface PrivateRoot {
  /** PEM */
  readonly file: string;
  readonly der: Uint8Array;
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @returns the root that `pem` ends with, if it does */
export function rootIn(pem: string, file: string): PrivateRoot | undefined {
  const last = pem.match(certificate)?.at(-1);
  if (last === undefined) return undefined;
  const { issuer, subject, raw } = new X509Certificate(last);
  return issuer === subject ? { file, der: raw } : undefined;
}

/** Where a device reaches what listens on `listen`: for all addresses, the first that other machines can see. */
function addressOf(listen: string): string {
  if (listen !== "0.0.0.0" && listen !== "::") return listen;
  const addresses = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}

/** `host`, unless the hub's certificate is for other names only: then the first of those. */
function nameOf(host: string, pem: string): string {
  const hub = new X509Certificate(pem);
  if ((isIP(host) ? hub.checkIP(host) : hub.checkHost(host)) !== undefined) return host;
  return /(?:DNS|IP Address):([^*,\s]+)/.exec(hub.subjectAltName ?? "")?.[1] ?? host;
}

/** For a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The address by which a browser on this machine opens the hub. */
function originOf(hub: Hub): string {
  const { listen, tls } = hub.settings;
  const host = listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen;
  return `${tls === undefined ? "http" : "https"}://${isIPv6(host) ? `[${host}]` : host}:${hub.port}`;
}

/** Options of a device on this machine that lead to the hub. @param ca file of the root, where there is one */
export function whereOptions(hub: Hub, ca: string | undefined): string[] {
  const { listen, tls } = hub.settings;
  const address = listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen;
  const host = tls === undefined ? address : nameOf(address, tls.cert);
  const trust = tls === undefined ? ["--no-ssl"] : ca === undefined ? [] : ["--ca", ca];
  return ["--host", host, "--port", String(hub.port), ...trust];
}

/** Lines that connect a device, ready to be pasted. */
export function connectingLines(hub: Hub, { key, secret, root }: Credentials): string {
  const { listen, product, tls } = hub.settings;
  const host = tls === undefined ? addressOf(listen) : nameOf(addressOf(listen), tls.cert);
  const ssl = tls !== undefined;
  const trust =
    ssl && root !== undefined ? { node: ` --ca ${quoted(root.file)}`, xs: ` ca='${base64(root.der)}'` } : {};
  return `A device on Node:
  NERVESHUB_PRODUCT_SECRET=${quoted(secret)} npm run device -- --host ${host} --port ${hub.port}${ssl ? "" : " --no-ssl"}${trust.node ?? ""} \\
    --product-key ${quoted(key)} --identifier desk-01 --data ./device-01 --product ${quoted(product)}

The app in the Moddable simulator:
  NERVESHUB_PRODUCT=${quoted(product)} mcconfig -m -p lin host=${host} port=${hub.port} ssl=${ssl}${trust.xs ?? ""} \\
    shared-key=${quoted(key)} shared-secret=${quoted(secret)}
`;
}

export function howToConnect(hub: Hub, credentials: Credentials): string {
  const { listen, product, tls } = hub.settings;
  const host = tls === undefined ? addressOf(listen) : nameOf(addressOf(listen), tls.cert);
  const origin = originOf(hub);
  return `
Desk hub for product "${product}"
  host ${host}   port ${hub.port}   ${tls === undefined ? "no TLS" : "TLS"}
  product key     ${credentials.key}
  product secret  ${credentials.secret}
  images          drop ESP-IDF .bin files into ${credentials.firmwareDir}
  page            ${origin}/?token=${hub.token}
  JSON endpoint   ${origin}/api/devices (on this machine; a POST needs the header "Authorization: Bearer" with the page's token)

${connectingLines(hub, credentials)}
Type "help" for what the hub can do.
`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
