/*
 * With an ESP-IDF whose tools are on the PATH: the image that is flashed, its size, and what it leaves of its slot, which can
 * never grow in the field. Without, one line says that it was not built.
 *
 * It was never run with a real ESP-IDF yet: what it says of one is untried.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTable, slotsOf } from "../sdkconfig/table-faults.js";
import { tableOffset } from "../sdkconfig/verdict.js";
import { BUILDS, build, type Sdk } from "../xs/sdk.js";
import type { Link, Target } from "./link.js";

export interface Slot {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** @param bytes of the image @returns the line to print, and what is wrong */
export function fitting(bytes: number, slots: readonly Slot[]): { line: string; faults: string[] } {
  const [smallest] = [...slots].sort((one, other) => one.size - other.size);
  if (smallest === undefined) return { line: `image: ${bytes} bytes`, faults: ["the table has no slot for it"] };
  const { name, size } = smallest;
  const left = size - bytes;
  const share = ((100 * left) / size).toFixed(1);
  const line = `image: ${bytes} bytes; of the smallest slot, ${name}, ${left} are left (${share} %)`;
  return { line, faults: left < 0 ? [`the image is ${-left} bytes larger than ${name}`] : [] };
}

/** @param link of the same app for that target @returns what is wrong */
export function measureImage(
  sdk: Sdk,
  manifest: string,
  name: string,
  { platform, chip }: Target,
  link: Link,
): string[] {
  const { environment } = sdk;
  const idf = environment["IDF_PATH"];
  if (idf === undefined || spawnSync("idf.py", ["--version"], { env: environment }).status !== 0) {
    console.log(`${platform}, image: not built, needs an ESP-IDF (IDF_PATH) and its tools (idf.py on the PATH)`);
    return [];
  }
  // A folder of its own: in the link's, what stands in for ESP-IDF's configuration lies.
  const output = `${name}-${chip}-image`;
  const file = join(BUILDS, output, "bin", platform, "release", name, "xs_esp32.bin");
  // The SDK's rules go on when ESP-IDF's build has failed, end with 0, and leave an earlier image where it is.
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
