/*
 * Settings of the flashable app (main.ts): their names, their sources and their checks. nerveshub-provision runs the same
 * checks over what it stores.
 *
 * A setting comes from the store (provisioned, survives updates), or else from mc/config (built in). The rule it guards: a
 * setting that is present and unusable is refused by name; the other source never replaces it.
 */

import type { Platform } from "../modules/platform/platform.js";
import type { Store } from "../modules/platform/store.js";
import { fromBase64 } from "../modules/text/base64.js";
import { decimal } from "../modules/text/characters.js";
import { decodeUtf8 } from "../modules/text/utf8.js";
import { ClientCertificate } from "./features/client-certificate/client-certificate.js";
import { levels } from "./log/log.js";
import { wrong } from "./option-checks.js";
import type { LinkOptions } from "./options.js";
import { requirePassphrase, requireSsid, requireTimeServers } from "./setting-checks.js";
import { makeOrRevert } from "./update/trial.js";

/** Settings that are texts. A client certificate is DER, in the store alone: "cert" and "cert-key". */
const names = Object.freeze([
  "host",
  "port",
  "ssl",
  "identifier",
  "shared-key",
  "shared-secret",
  "log-level",
  "wifi-ssid",
  "wifi-password",
  "time-server",
  "unprotected",
] as const);

type Name = (typeof names)[number];

export type AppSettings = { [N in Name]?: string };

/**
 * Reads and checks the settings that are texts.
 *
 * @param builtIn the object that mc/config exports
 * @returns the settings that are present and not empty
 * @throws Fault of stage "options" that names the setting
 */
export const readSettings = (store: Pick<Store, "get">, builtIn: Readonly<Record<string, unknown>>): AppSettings => {
  const settings: AppSettings = {};
  for (const name of names) {
    const stored = store.get(name);
    const value = stored === undefined ? builtIn[name] : text(name, stored);
    if (value !== undefined && value !== "") settings[name] = String(value);
  }
  const { port, ssl, unprotected } = settings;
  if (port !== undefined && decimal(port, 5) === undefined)
    throw wrong("port", "must be a whole number from 1 to 65535");
  if (ssl !== undefined && ssl !== "true" && ssl !== "false") throw wrong("ssl", "must be true or false");
  if (unprotected !== undefined && unprotected !== "true" && unprotected !== "false")
    throw wrong("unprotected", "must be true or false");
  const { "wifi-ssid": ssid, "wifi-password": password, "time-server": timeServer } = settings;
  if (ssid !== undefined) requireSsid("wifi-ssid", ssid);
  if (password !== undefined) requirePassphrase("wifi-password", password);
  if (timeServer !== undefined) requireTimeServers("time-server", timeServer);
  return settings;
};

const text = (name: Name, stored: Uint8Array): string => {
  try {
    return decodeUtf8(stored);
  } catch {
    throw wrong(name, "is no text in UTF-8");
  }
};

/**
 * Makes the options of main.ts's link; `checkOptions` judges them finally.
 *
 * @param builtIn as for `readSettings`
 * @throws Fault of stage "options" that names the setting
 */
export const linkOptions = (
  store: Pick<Store, "get">,
  builtIn: Readonly<Record<string, unknown>>,
  settings: AppSettings,
): LinkOptions => {
  const { host, port, ssl, "log-level": level, "wifi-password": passphrase } = settings;
  const root = readRoot(store, builtIn);
  const logLevel = levels.find((one) => one === level);
  if (level !== undefined && logLevel === undefined) throw wrong("log-level", `must be one of ${levels.join(", ")}`);
  return {
    host: host ?? "",
    port: port === undefined ? undefined : Number(port),
    ssl: ssl !== "false",
    auth: readAuth(store, settings),
    roots: root === undefined ? undefined : [root],
    unprotectedUpdates: settings.unprotected === "true",
    logLevel,
    secrets: passphrase === undefined ? [] : [passphrase],
  };
};

/**
 * Reads settings and options at the start of the app. An image on trial that cannot use them is reverted, with the fault's
 * sentence as the reason: otherwise the device would be out of reach until somebody restarts it.
 *
 * @param builtIn as for `readSettings`
 * @throws Fault of stage "options" that names the setting
 */
export const readConfiguration = (
  platform: Platform,
  builtIn: Readonly<Record<string, unknown>>,
): { settings: AppSettings; options: LinkOptions } =>
  makeOrRevert(platform, () => {
    const settings = readSettings(platform.store, builtIn);
    return { settings, options: linkOptions(platform.store, builtIn, settings) };
  });

/** The one trust anchor: DER in the store under "ca", or else its base64 in mc/config. */
const readRoot = (store: Pick<Store, "get">, builtIn: Readonly<Record<string, unknown>>): Uint8Array | undefined => {
  const stored = store.get("ca");
  if (stored !== undefined || builtIn["ca"] === undefined) return stored;
  const root = fromBase64(String(builtIn["ca"]));
  if (root === undefined) throw wrong("ca", "is not base64 of a certificate");
  return root;
};

/** A client certificate takes precedence over a shared secret. */
const readAuth = (store: Pick<Store, "get">, settings: AppSettings): LinkOptions["auth"] => {
  const [certificate, key] = [store.get("cert"), store.get("cert-key")];
  if (certificate !== undefined && key !== undefined) return new ClientCertificate({ certificate, key });
  if (certificate !== undefined) throw wrong("cert-key", 'is missing, and "cert" is there: they go together');
  if (key !== undefined) throw wrong("cert", 'is missing, and "cert-key" is there: they go together');
  const { "shared-key": sharedKey = "", "shared-secret": sharedSecret = "", identifier } = settings;
  return sharedKey.startsWith("nhd_")
    ? { deviceKey: sharedKey, deviceSecret: sharedSecret, identifier }
    : { productKey: sharedKey, productSecret: sharedSecret, identifier };
};
