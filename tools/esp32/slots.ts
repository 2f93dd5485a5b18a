/*
 * Runs nh-slots.c together with ESP-IDF's own slot functions on this PC, with power cut at every flash operation. See
 * slots/power-cut.c for what is checked.
 *
 * ESP-IDF's sources are not changed. A copy of esp_ota_ops.c below .build is compiled with one static variable made visible,
 * which a reset has to clear. From bootloader_common_loader.c the functions that choose an otadata entry are copied.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILDS, ROOT } from "../xs/sdk.js";

const CACHED = "    static const esp_partition_t *curr_partition = NULL;";

/** The functions of bootloader_common_loader.c that choose an otadata entry, without their common prefix. */
const CHOOSING = ["ota_select_crc", "ota_select_invalid", "ota_select_valid", "get_active_otadata", "select_otadata"];
const CHOOSING_HEAD = `#include <string.h>
#include <sys/param.h>
#include "bootloader_common.h"
#include "esp_log.h"
#include "esp_rom_crc.h"
static const char *TAG = "";
`;

/** The options that esp_ota_ops.c needs in addition to those of natives.ts. */
const OPTIONS = `#define CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE 1
#define CONFIG_BOOTLOADER_OFFSET_IN_FLASH 0x0
#define CONFIG_PARTITION_TABLE_OFFSET 0x8000
#define CONFIG_LOG_DEFAULT_LEVEL 0
#define CONFIG_LOG_MAXIMUM_LEVEL 0
`;

/** Header folders of ESP-IDF that the SDK's make rules do not name. */
const FOLDERS = [
  "app_update/include",
  "bootloader_support/bootloader_flash/include",
  "bootloader_support/private_include",
  "efuse/include",
  "efuse/esp32c3/include",
  "esp_hal_gpspi/esp32c3/include",
  "esp_hal_mspi/include",
  "esp_hal_mspi/esp32c3/include",
];

/** The definition of a function in a source of ESP-IDF: from its line at the margin to the closing brace at the margin. */
function definition(source: string, name: string): string {
  const found = new RegExp(`^[a-z].*\\b${name}\\([^;]*?\\)\\s*\\{[^]*?^\\}`, "m").exec(source);
  if (found === null) throw new Error(`ESP-IDF has no function ${name} where it was in 6.0`);
  return found[0];
}

/**
 * @param idf ESP-IDF's folder
 * @param sdkconfig options as #defines
 * @param includes -I options of the SDK's make rules
 * @returns a sentence for each failure; none, after a printed line, when all is well
 */
export function runSlots(idf: string, sdkconfig: string, includes: readonly string[]): string[] {
  const folder = join(BUILDS, "esp32-slots");
  mkdirSync(folder, { recursive: true });
  const read = (path: string) => readFileSync(join(idf, "components", path), "utf8");

  const operations = read("app_update/esp_ota_ops.c");
  if (!operations.includes(CACHED)) return ["esp_ota_ops.c no longer caches the running partition as in ESP-IDF 6.0"];
  const visible = operations.replace(CACHED, "    extern const esp_partition_t *curr_partition;");
  writeFileSync(join(folder, "esp_ota_ops.c"), visible);
  const loader = read("bootloader_support/src/bootloader_common_loader.c");
  const chosen = CHOOSING.map((name) => definition(loader, `bootloader_common_${name}`)).join("\n\n");
  writeFileSync(join(folder, "choosing.c"), `${CHOOSING_HEAD}\n${chosen}\n`);
  writeFileSync(join(folder, "sdkconfig.h"), sdkconfig + OPTIONS);

  const ours = join(ROOT, "tools/esp32/slots");
  const program = join(folder, "power-cut");
  const options = [
    ...["-std=gnu17", "-w", "-DESP_PLATFORM", `-I${ours}`, `-I${folder}`],
    // The C library is that of this computer.
    ...includes.filter((option) => !/platform_include|newlib/.test(option)),
    ...FOLDERS.map((path) => `-I${join(idf, "components", path)}`),
  ];
  const sources = [
    ...["esp_ota_ops.c", "choosing.c"].map((file) => join(folder, file)),
    ...["power-cut.c", "flash.c", "absent.c"].map((file) => join(ours, file)),
    join(ROOT, "hosts/esp32/nh-slots.c"),
  ];
  const compiled = spawnSync("cc", [...options, ...sources, "-o", program], { encoding: "utf8" });
  if (compiled.status !== 0) return [compiled.error?.message ?? compiled.stderr];
  const { status, stdout } = spawnSync(program, { encoding: "utf8", timeout: 60_000 });
  if (status !== 0) return [stdout || `${program} ended with ${status}`];
  console.log(`slots with ESP-IDF's esp_ota_ops.c: ${stdout.trim()}`);
  return [];
}
