/*
 * What one device is told, by name, and that the device would take it: the code that reads the settings on the device
 * reads them here first, and its sentence is what is said.
 */

import { readFileSync } from "node:fs";
import { NodeNetwork } from "../../hosts/node/network.js";
import { decodeCertificates } from "../../modules/x509/encoded.js";
import { linkOptions, readSettings } from "../../src/app-settings.js";
import { requireKey } from "../../src/option-checks.js";
import { checkOptions } from "../../src/options.js";
import type { DeviceCertificate } from "./certificate.js";
import type { ProvisionOptions } from "./options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Everything that src/app-settings.ts shall read.
 * @param environment that the secrets come from
 * @throws Fault of stage "options" in the device's own words, or Error with a sentence
 */
export function settingsOf(
  options: ProvisionOptions,
  made: DeviceCertificate | undefined,
  environment: Environment,
): Map<string, Uint8Array> {
  const settings = new Map<string, Uint8Array>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) settings.set(name, new TextEncoder().encode(value));
  };
  const secret = (variable: string): string => {
    const value = environment[variable];
    if (value === undefined || value === "") throw new Error(`The secret is missing: put it into ${variable}.`);
    return value;
  };
  const { identifier, host, port, ssl, roots, productKey, deviceKey, wifiSsid, timeServer } = options;
  put("identifier", identifier);
  put("host", host);
  put("port", port);
  if (!ssl) put("ssl", "false");
  if (roots !== undefined) {
    const [root, ...others] = decodeCertificates("--roots", readFileSync(roots, "utf8"));
    if (others.length > 0) throw new Error("--roots holds more than one certificate; the device keeps one.");
    settings.set("ca", root);
  }
  if (made !== undefined) {
    settings.set("cert", made.certificate);
    settings.set("cert-key", made.key);
  }
  if (productKey !== undefined) put("shared-key", requireKey("auth.productKey", productKey, "nhp_"));
  if (deviceKey !== undefined) put("shared-key", requireKey("auth.deviceKey", deviceKey, "nhd_"));
  if (productKey !== undefined) put("shared-secret", secret("NERVESHUB_PRODUCT_SECRET"));
  if (deviceKey !== undefined) put("shared-secret", secret("NERVESHUB_DEVICE_SECRET"));
  if (options.unprotected) put("unprotected", "true");
  put("time-server", timeServer);
  put("wifi-ssid", wifiSsid);
  if (wifiSsid !== undefined) put("wifi-password", environment["NERVESHUB_WIFI_PASSWORD"] || undefined);
  check(settings);
  return settings;
}

/** An empty value counts as none on the device, which would then use what was built in. */
function check(settings: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, value] of settings) if (value.byteLength === 0) throw new Error(`"${name}" is empty.`);
  const store = { get: (name: string) => settings.get(name) };
  // The identifier is always stored; the device's own is not asked for.
  checkOptions(linkOptions(store, {}, readSettings(store, {})), {
    device: { identifier: "" },
    network: new NodeNetwork(),
  });
}
