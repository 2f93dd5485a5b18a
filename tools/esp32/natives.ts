/*
 * Our C against a real ESP-IDF: syntax and types of all files with its headers, for the ESP32-C3, with a RISC-V compiler;
 * and the slots run with its own sources on this PC.
 *
 * The chip does not matter to this code and the compiler for it is in Debian, where Espressif's for the others is not. Of
 * the options that ESP-IDF's configuration would give, the headers need the few below.
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

/** As the SDK's rules compile for RISC-V, with every warning that our own code should not give. */
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
 * @param link of the ESP32-C3
 * @returns what the compiler said, per file that failed; nothing, with a line that says so, where it cannot be done
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
    // Warnings in other people's headers are theirs.
    if (status !== 0 || stderr.includes(`${file}:`)) failures.push(stderr);
    else passed++;
  }
  console.log(`C files: ${passed} of ${files.length} pass ${compiler.command} with the headers of ${idf}`);
  return failures;
}
