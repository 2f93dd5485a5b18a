#!/usr/bin/env node
/*
 * nerveshub-provision: the command. It reads arguments, files and the environment, writes files, and says what to do next.
 *
 * Exit status: 0 done, 1 refused, 2 wrong arguments.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeCertificates } from "../../src/credentials.js";
import { endOnClosedPipe } from "../ending.js";
import { type DeviceCertificate, makeCertificate } from "./certificate.js";
import { makeImage, nvsCsv, nvsPartition, privateMode } from "./nvs.js";
import { type ProvisionOptions, readOptions, UsageError, usage } from "./options.js";

function secretOf(variable: string): string {
  const secret = process.env[variable];
  if (secret === undefined || secret === "") throw new Error(`The secret is missing: put it into ${variable}.`);
  return secret;
}

/** Everything that src/main.ts shall read, by name. */
function settingsOf(options: ProvisionOptions, made: DeviceCertificate | undefined): Map<string, Uint8Array> {
  const settings = new Map<string, Uint8Array>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) settings.set(name, new TextEncoder().encode(value));
  };
  const { identifier, host, port, ssl, roots, productKey, deviceKey, wifiSsid } = options;
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
  put("shared-key", productKey ?? deviceKey);
  if (productKey !== undefined) put("shared-secret", secretOf("NERVESHUB_PRODUCT_SECRET"));
  if (deviceKey !== undefined) put("shared-secret", secretOf("NERVESHUB_DEVICE_SECRET"));
  put("wifi-ssid", wifiSsid);
  if (wifiSsid !== undefined) put("wifi-password", process.env["NERVESHUB_WIFI_PASSWORD"]);
  return settings;
}

async function run(options: ProvisionOptions): Promise<void> {
  const { identifier, out, ca, python, force } = options;
  const path = (suffix: string): string => join(out, `${identifier}.${suffix}`);
  const targets = [path("nvs.csv"), ...(ca ? [path("key.pem"), path("cert.pem")] : [])];
  const existing = targets.find((target) => existsSync(target));
  if (existing !== undefined && !force) throw new Error(`${existing} exists; --force writes over it.`);
  const passphrase = process.env["NERVESHUB_CA_PASSPHRASE"];
  const made =
    ca &&
    (await makeCertificate(
      identifier,
      { certificatePem: readFileSync(ca.certificate, "utf8"), keyPem: readFileSync(ca.key, "utf8"), passphrase },
      options,
    ));
  const csv = nvsCsv(settingsOf(options, made));
  mkdirSync(out, { recursive: true });
  if (made !== undefined) {
    writeFileSync(path("key.pem"), made.keyPem, { mode: privateMode });
    writeFileSync(path("cert.pem"), made.certificatePem);
    console.log(`${path("cert.pem")}: ${identifier}, valid until ${made.notAfter.toISOString().slice(0, 10)}`);
  }
  writeFileSync(path("nvs.csv"), csv, { mode: privateMode });
  const missing = makeImage(python, path("nvs.csv"), path("nvs.bin"));
  const { offset, size } = nvsPartition();
  if (missing === undefined) {
    console.log(`${path("nvs.bin")}: write it with  esptool.py write_flash ${offset} ${path("nvs.bin")}`);
  } else {
    console.log(
      `${path("nvs.csv")}: no image was made (${missing}). Install Espressif's generator (pip install esp-idf-nvs-partition-gen) and run  python3 -m esp_idf_nvs_partition_gen generate ${path("nvs.csv")} ${path("nvs.bin")} ${size}`,
    );
  }
}

endOnClosedPipe();
try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await run(options);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`nerveshub-provision: ${message}\n${error instanceof UsageError ? `\n${usage}` : ""}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
