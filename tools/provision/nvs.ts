/*
 * Settings for the device's flash: the CSV that Espressif's generator (nvs_partition_gen) makes an image of. Names and
 * values are those that src/main.ts reads, each in the first of the two copies that the store of an ESP32 keeps.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TwoCopies } from "../../hosts/shared/two-copies.js";

/** NVS namespace of hosts/esp32/store.ts. */
const namespace = "nerveshub";

/** Nobody but the owner may read what holds a secret. */
export const privateMode = 0o600;

/** @param settings by name; texts in UTF-8, certificates and keys in DER */
export function nvsCsv(settings: ReadonlyMap<string, Uint8Array>): string {
  const cells = new Map<string, Uint8Array>();
  const store = new TwoCopies({
    get: (name) => cells.get(name),
    set: (name, bytes) => void cells.set(name, bytes),
    delete: (name) => void cells.delete(name),
  });
  for (const [name, value] of settings) store.set(name, value);
  const lines = [...cells].map(([name, bytes]) => `${name},data,hex2bin,${Buffer.from(bytes).toString("hex")}`);
  return ["key,type,encoding,value", `${namespace},namespace,,`, ...lines, ""].join("\n");
}

/** Offset and size of the partition "nvs" in partitions.csv, as written there. */
export function nvsPartition(): { offset: string; size: string } {
  const table = readFileSync(fileURLToPath(new URL("../../../partitions.csv", import.meta.url)), "utf8");
  const row = /^nvs\s*,\s*data\s*,\s*nvs\s*,\s*(\w+)\s*,\s*(\w+)/m.exec(table);
  if (row === null) throw new Error("partitions.csv has no partition nvs.");
  return { offset: row[1], size: row[2] };
}

/**
 * Runs Espressif's generator.
 * @returns undefined when it is done, or why there is no image
 */
export function makeImage(python: string, csv: string, image: string): string | undefined {
  const args = ["-m", "esp_idf_nvs_partition_gen", "generate", csv, image, nvsPartition().size];
  const { status, stderr, error } = spawnSync(python, args, { encoding: "utf8" });
  if (status === 0) {
    chmodSync(image, privateMode);
    return undefined;
  }
  return error?.message ?? stderr.trim().split("\n").pop() ?? "it failed";
}
