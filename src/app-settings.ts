/*
 * Settings of the flashable app (main.ts): what they are called, where they come from, and what each must look like.
 * nerveshub-provision runs this very code over what it stores.
 *
 * They come from the store (provisioned, survives updates) and else from what was built in (mc/config). The rule it
 * guards: a setting that is there and cannot be used is refused by name; none is passed over for another.
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
import { made } from "./update/trial.js";

/** Texts. A client certificate lies in the store alone, in DER: "cert" and "cert-key". */
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
 * @param builtIn mc/config
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
 * What main.ts makes its link with; `checkOptions` has the last word.
 *
 * @param builtIn as for `readSettings`
 * @throws Fault of stage "options" that names the setting
 */
export const linkOptions = (
  store: Pick<Store, "get">,
  builtIn: Readonly<Record<string, unknown>>,
  settings: AppSettings,
): LinkOptions => {
  const { host, port, ssl, "log-level": level } = settings;
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
  };
};

/**
 * Both, at the start of the app. An image on trial that cannot use what the device was given goes back, with the sentence
 * below as its reason: the device would be out of reach otherwise, until somebody restarts it.
 *
 * @param builtIn as for `readSettings`
 * @throws Fault of stage "options" that names the setting
 */
export const readConfiguration = (
  platform: Platform,
  builtIn: Readonly<Record<string, unknown>>,
): { settings: AppSettings; options: LinkOptions } =>
  made(platform, () => {
    const settings = readSettings(platform.store, builtIn);
    return { settings, options: linkOptions(platform.store, builtIn, settings) };
  });

/** The one root to trust: DER in the store under "ca", else base64 of it built in. */
const readRoot = (store: Pick<Store, "get">, builtIn: Readonly<Record<string, unknown>>): Uint8Array | undefined => {
  const stored = store.get("ca");
  if (stored !== undefined || builtIn["ca"] === undefined) return stored;
  const root = fromBase64(String(builtIn["ca"]));
  if (root === undefined) throw wrong("ca", "is not base64 of a certificate");
  return root;
};

/** A client certificate comes before a shared secret. */
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
