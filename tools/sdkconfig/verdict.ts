/*
 * Verdict: judges whether updates are safe on a build: it has every option that keeps a bad image from staying, and it has
 * lost no option of its target. Only the files that mcconfig generated count, wherever an option came from.
 */

import { lostOptions, readOptions } from "../esp32/options.js";
import { defaultTableOffset } from "../provision/partition-table.js";
import type { Generation } from "./generation.js";
import { withTodaysNames } from "./old-names.js";
import { tableFaults } from "./table-faults.js";

export interface Expectation {
  /** The target as it is in the SDK, without options of this package or of the application. */
  readonly target: Generation;
  /** Options that this package adds. */
  readonly needed: ReadonlyMap<string, string>;
  /** Options of the application itself. */
  readonly own: ReadonlyMap<string, string>;
  /** The application's partition table, if it names one. */
  readonly ownTable: string | undefined;
}

/** The last option that is on, of a group in which only one can be on. */
function chosen(options: string, pattern: RegExp): string | undefined {
  let last: string | undefined;
  for (const [, name] of options.matchAll(/^CONFIG_(\w+)=y\s*$/gm)) if (pattern.test(name)) last = name;
  return last;
}

/** Bytes; ESP-IDF's default is 2 MB. */
export function flashSize(options: string): number {
  const megabytes = /(\d+)MB$/.exec(chosen(options, /^ESPTOOLPY_FLASHSIZE_\d+MB$/) ?? "2MB")![1];
  return Number(megabytes) << 20;
}

/** Bytes from the start of the flash. */
export function tableOffset(options: string): number {
  return Number(readOptions(options).get("CONFIG_PARTITION_TABLE_OFFSET") ?? defaultTableOffset) || defaultTableOffset;
}

/** @returns a sentence for each option that lets a bad image stay */
function unsafeOptions(text: string): string[] {
  const options = readOptions(text);
  const isOn = (name: string) => options.get(name) === "y";
  const faults: string[] = [];
  if (!isOn("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"))
    faults.push("Rollback is off (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE): an update that fails stays.");
  for (const name of ["CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS", "CONFIG_BOOTLOADER_SKIP_VALIDATE_ON_POWER_ON"])
    if (isOn(name)) faults.push(`The image check is off (${name}): the boot loader starts a damaged image.`);
  const watchdog = isOn("CONFIG_ESP_TASK_WDT_EN") && options.get("CONFIG_ESP_TASK_WDT_INIT") !== "n";
  if (!watchdog || !isOn("CONFIG_ESP_TASK_WDT_PANIC"))
    faults.push("The watchdog is off (CONFIG_ESP_TASK_WDT_EN, _INIT, _PANIC): an update that hangs stays.");
  const panic = chosen(text, /^ESP_SYSTEM_(PANIC_(PRINT_HALT|PRINT_REBOOT|SILENT_REBOOT|GDBSTUB)|GDBSTUB_RUNTIME)$/);
  if (panic !== undefined && !panic.endsWith("REBOOT"))
    faults.push(`A crash does not restart the device (CONFIG_${panic}): an update that crashes stays.`);
  return faults;
}

/** @returns a sentence for each fault of the build; none when updates are safe on it */
export function judge(build: Generation, expectation: Expectation): string[] {
  const { target, needed, own, ownTable } = expectation;
  const options = withTodaysNames(build.options);
  const faults = unsafeOptions(options);
  faults.push(...tableFaults(build.partitions, flashSize(options), tableOffset(options)));
  if (ownTable !== undefined && build.ownTable !== ownTable)
    faults.push(
      `The build takes ${build.ownTable ?? "the target's partition table"} and not the application's ${ownTable}.`,
    );
  const asLines = (options: ReadonlyMap<string, string>) => [...options].map((option) => option.join("=")).join("\n");
  for (const lost of lostOptions(asLines(own), options)) faults.push(`Of the application's options, ${lost}.`);
  const targets = readOptions(withTodaysNames(target.options));
  const untouched = new Map([...targets].filter(([name]) => !needed.has(name) && !own.has(name)));
  for (const lost of lostOptions(asLines(untouched), options)) faults.push(`Of the target's options, ${lost}.`);
  return faults;
}
