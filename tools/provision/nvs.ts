/*
 * Settings for the device's flash: the CSV that Espressif's generator (nvs_partition_gen) makes an image of. Names and
 * values are those that src/app-settings.ts reads, each in the first of the two copies that the store of an ESP32 keeps.
 *
 * Where an image goes is decided by a partition table that was given, or by the name of the partition; never by an offset
 * that this tool knows: most tables have something else there.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { TwoCopies } from "../../hosts/esp32/two-copies.js";
import { hex, type Partition, sectorSize } from "./partition-table.js";

/** NVS namespace of hosts/esp32/store.ts. */
const namespace = "nerveshub";
/** The partition that ESP-IDF, and with it the SDK's `preference`, uses (NVS_DEFAULT_PART_NAME). */
export const partitionName = "nvs";

// ESP-IDF, components/nvs_flash/src/nvs_page.hpp and README.rst: a page is a sector with 126 entries of 32 bytes; a blob
// takes one entry for its index, one for each piece, and its bytes. A page stays free for tidying up; three are the least.
const entriesInPage = 126;
const entryBytes = 32;
const fewestPages = 3;

/** What the store holds, cell by cell. */
function cellsOf(settings: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const cells = new Map<string, Uint8Array>();
  const store = new TwoCopies({
    get: (name) => cells.get(name),
    set: (name, bytes) => void cells.set(name, bytes),
    delete: (name) => void cells.delete(name),
  });
  for (const [name, value] of settings) store.set(name, value);
  return cells;
}

/** @param settings by name; texts in UTF-8, certificates and keys in DER */
export function nvsCsv(settings: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...cellsOf(settings)].map(
    ([name, bytes]) => `${name},data,hex2bin,${Buffer.from(bytes).toString("hex")}`,
  );
  return ["key,type,encoding,value", `${namespace},namespace,,`, ...lines, ""].join("\n");
}

/** Bytes of the smallest image that holds the settings. */
export function smallestImage(settings: ReadonlyMap<string, Uint8Array>): number {
  let entries = 1;
  for (const bytes of cellsOf(settings).values()) entries += 2 + Math.ceil(bytes.byteLength / entryBytes);
  // A blob at the end of a page goes on in the next one, which takes an entry more and may leave one unused.
  const pages = Math.ceil(entries / (entriesInPage - 2));
  return Math.max(fewestPages, pages + 1) * sectorSize;
}

/**
 * Where the image goes in a table, and how large it is: the whole partition, so that nothing older stays in it.
 * @param least bytes that the settings need
 * @throws Error with a sentence when it does not fit
 */
export function nvsPartition(table: readonly Partition[], least: number): Partition {
  const found = table.find(({ name }) => name === partitionName);
  if (found === undefined || found.type !== "data" || found.subtype !== "nvs") {
    const others = table.filter(({ type, subtype }) => type === "data" && subtype === "nvs");
    const hint = others.length === 0 ? "" : `; "${others[0].name}" is another one, which the agent does not look at`;
    throw new Error(`The partition table has no partition "${partitionName}" of type data, subtype nvs${hint}.`);
  }
  if (found.readonly) throw new Error(`Partition "${partitionName}" is marked readonly, and the agent writes to it.`);
  if (found.size % sectorSize !== 0)
    throw new Error(`Partition "${partitionName}" has ${hex(found.size)} bytes, no multiple of ${hex(sectorSize)}.`);
  if (found.size < least)
    throw new Error(`Partition "${partitionName}" has ${hex(found.size)} bytes, these settings need ${hex(least)}.`);
  return found;
}

/** What came of the generator: the image, or a sentence on why there is no generator here. */
export type Generated = { readonly image: Uint8Array } | { readonly missing: string };

/**
 * Runs Espressif's generator, in a folder that nobody else looks into: it makes its files with the usual modes.
 * @param csv path of the settings; the folder is made beside it
 * @param size of the image, bytes
 * @throws Error with the generator's last line when it refuses
 */
export function makeImage(python: string, csv: string, size: number): Generated {
  const folder = mkdtempSync(join(dirname(csv), ".nvs-"));
  try {
    const image = join(folder, "nvs.bin");
    const { status, stdout, stderr, error } = spawnSync(python, generatorArgs(csv, image, size), { encoding: "utf8" });
    if (error !== undefined) return { missing: error.message };
    if (status === 0) return { image: new Uint8Array(readFileSync(image)) };
    if (stderr.includes("No module named")) return { missing: lastLine(stderr) };
    throw new Error(`Espressif's generator makes no image: ${lastLine(`${stdout}\n${stderr}`)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").pop() ?? "";
}

/** @param image path of what it makes; @param size bytes */
export function generatorArgs(csv: string, image: string, size: number): string[] {
  return ["-m", "esp_idf_nvs_partition_gen", "generate", csv, image, hex(size)];
}
