/*
 * Natives: checks our C against a real ESP-IDF. Syntax and types of all files are checked with its headers, by a RISC-V
 * compiler for the ESP32-C3, and the slots run with its own sources on this PC.
 *
 * This code is the same for every chip, and only the ESP32-C3's compiler is in Debian. The headers need only the options below
 * of ESP-IDF's configuration.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILDS, ROOT, type Sdk } from "../xs/sdk.js";
import type { Link } from "./link.js";
import { runSlots } from "./slots.js";

const OPTIONS = `#define CONFIG_IDF_TARGET "esp32c3"
#define CONFIG_IDF_TARGET_ESP32C3 1
#define CONFIG_IDF_TARGET_ARCH_RISCV 1
#define CONFIG_FREERTOS_UNICORE 1
#define CONFIG_FREERTOS_NUMBER_OF_CORES 1
#define CONFIG_FREERTOS_MAX_TASK_NAME_LEN 16
#define CONFIG_FREERTOS_TASK_NOTIFICATION_ARRAY_ENTRIES 1
#define CONFIG_LWIP_IPV4 1
#define CONFIG_LWIP_IPV6 1
#define CONFIG_LWIP_IPV6_NUM_ADDRESSES 3
#define CONFIG_LWIP_TCP_OVERSIZE_MSS 1
#define CONFIG_LWIP_DHCP_COARSE_TIMER_SECS 1
`;

/** Flags of the SDK's rules for RISC-V, and every warning that our own code must not cause. */
const FLAGS = [
  ...["-fsyntax-only", "-march=rv32imc", "-mabi=ilp32", "-std=gnu17", "-Wall", "-Wno-unused-variable"],
  ...["-DESP_PLATFORM", "-DBOOTLOADER_BUILD=1"],
];

/** Espressif's compiler, or Debian's (gcc-riscv64-unknown-elf with the headers of libnewlib-dev). */
const COMPILERS: readonly { command: string; flags: string[] }[] = [
  { command: "riscv32-esp-elf-gcc", flags: [] },
  { command: "riscv64-unknown-elf-gcc", flags: ["-I/usr/include/newlib"] },
];

const FOLDERS = ["hosts/esp32", "hosts/xs"];

/** The -D and -I options of the SDK's make rules. */
function makeOptions(sdk: Sdk, link: Link, idf: string): string[] {
  const rules = join(BUILDS, "esp32-options.mk");
  writeFileSync(
    rules,
    `include ${join(link.folder, "makefile")}\nprint-options:\n\t@echo $(C_DEFINES) $(C_INCLUDES)\n`,
  );
  const { stdout } = spawnSync("make", ["-s", "-f", rules, "print-options"], {
    env: { ...sdk.environment, IDF_PATH: idf },
    encoding: "utf8",
  });
  return stdout.trim().split(/\s+/);
}

/**
 * @param link a link for the ESP32-C3
 * @returns the compiler's output for each file that failed; none, after a printed line, where the check cannot be made
 */
export function compileNatives(sdk: Sdk, link: Link): string[] {
  const idf = process.env["IDF_PATH"];
  if (idf === undefined || !existsSync(join(idf, "components/app_update/include/esp_ota_ops.h"))) {
    console.log("C files: skipped, IDF_PATH is not an ESP-IDF");
    return [];
  }
  const made = makeOptions(sdk, link, idf);
  const failures = runSlots(
    idf,
    OPTIONS,
    made.filter((option) => option.startsWith("-I")),
  );
  const compiler = COMPILERS.find(({ command }) => spawnSync(command, ["--version"]).status === 0);
  if (compiler === undefined) {
    console.log(`C files: skipped, no RISC-V compiler (${COMPILERS.map(({ command }) => command).join(", ")})`);
    return failures;
  }
  const configuration = join(BUILDS, "esp32-options");
  mkdirSync(configuration, { recursive: true });
  writeFileSync(join(configuration, "sdkconfig.h"), OPTIONS);
  const options = [...compiler.flags, ...FLAGS, `-I${configuration}`, ...made];
  const files = [
    ...FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(ROOT, folder, file))),
    join(link.folder, "mc.ffi.c"),
  ].filter((file) => file.endsWith(".c"));
  let passed = 0;
  for (const file of files) {
    const { status, stderr } = spawnSync(compiler.command, [...options, file], { encoding: "utf8" });
    // Warnings in headers of others do not count.
    if (status !== 0 || stderr.includes(`${file}:`)) failures.push(stderr);
    else passed++;
  }
  console.log(`C files: ${passed} of ${files.length} pass ${compiler.command} with the headers of ${idf}`);
  return failures;
}
