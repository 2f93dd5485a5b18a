/*
 * Flash image: builds the image that is flashed, with an ESP-IDF whose tools are on the PATH, and tells its size and the room
 * that it leaves in its slot, which can never grow in the field. Without ESP-IDF, one line says that it was not built.
 *
 * This file has never run with a real ESP-IDF: its results with one are untried.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTable, slotsOf } from "../sdkconfig/table-faults.js";
import { tableOffset } from "../sdkconfig/verdict.js";
import { BUILDS, build, type Sdk } from "../xs/sdk.js";
import type { ChipTarget, Link } from "./link.js";

export interface Slot {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** @param bytes size of the image @returns the line to print, and a sentence for each fault */
export function fitting(bytes: number, slots: readonly Slot[]): { line: string; faults: string[] } {
  const [smallest] = [...slots].sort((one, other) => one.size - other.size);
  if (smallest === undefined) return { line: `image: ${bytes} bytes`, faults: ["the table has no slot for it"] };
  const { name, size } = smallest;
  const left = size - bytes;
  const share = ((100 * left) / size).toFixed(1);
  const line = `image: ${bytes} bytes; of the smallest slot, ${name}, ${left} are left (${share} %)`;
  return { line, faults: left < 0 ? [`the image is ${-left} bytes larger than ${name}`] : [] };
}

/** @param link a link of the same app for that target @returns a sentence for each fault */
export function measureImage(
  sdk: Sdk,
  manifest: string,
  name: string,
  { platform, chip }: ChipTarget,
  link: Link,
): string[] {
  const { environment } = sdk;
  const idf = environment["IDF_PATH"];
  if (idf === undefined || spawnSync("idf.py", ["--version"], { env: environment }).status !== 0) {
    console.log(`${platform}, image: not built, needs an ESP-IDF (IDF_PATH) and its tools (idf.py on the PATH)`);
    return [];
  }
  // An output folder of its own: that of the link has stand-ins for ESP-IDF's configuration.
  const output = `${name}-${chip}-image`;
  const file = join(BUILDS, output, "bin", platform, "release", name, "xs_esp32.bin");
  // When ESP-IDF's build fails, the SDK's rules still end with 0 and leave an earlier image in place, so that is removed.
  rmSync(file, { force: true });
  const made = build(sdk, { manifest, name, platform, output });
  if (made.failure !== undefined) return [made.failure];
  const options = readFileSync(join(link.project, "sdkconfig.mc"), "utf8");
  const table = readFileSync(join(link.project, "partitions.csv"), "utf8");
  if (!existsSync(file)) return [`ESP-IDF made no ${file}: build it by hand to see why`];
  const { size } = statSync(file);
  const { line, faults } = fitting(size, slotsOf(readTable(table, tableOffset(options))));
  console.log(`${platform}, ${line}`);
  return faults;
}
