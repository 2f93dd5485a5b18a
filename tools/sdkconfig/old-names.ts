/*
 * Old names of ESP-IDF options, which ESP-IDF still reads: an old name switches rollback or watchdog off just as the new one
 * does, and the last line counts. Only options that protect against a bad update are listed.
 *
 * Source: sdkconfig.rename of ESP-IDF 6.0, components/bootloader and components/esp_system.
 */

const renamed = new Map([
  ["CONFIG_APP_ROLLBACK_ENABLE", "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"],
  ["CONFIG_TASK_WDT", "CONFIG_ESP_TASK_WDT_INIT"],
  ["CONFIG_ESP_TASK_WDT", "CONFIG_ESP_TASK_WDT_INIT"],
  ["CONFIG_TASK_WDT_PANIC", "CONFIG_ESP_TASK_WDT_PANIC"],
  ["CONFIG_TASK_WDT_TIMEOUT_S", "CONFIG_ESP_TASK_WDT_TIMEOUT_S"],
  ["CONFIG_TASK_WDT_CHECK_IDLE_TASK_CPU0", "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0"],
  ["CONFIG_TASK_WDT_CHECK_IDLE_TASK_CPU1", "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1"],
  ...["ESP32", "ESP32S2"].flatMap((chip) =>
    ["PRINT_HALT", "PRINT_REBOOT", "SILENT_REBOOT", "GDBSTUB"].map(
      (what) => [`CONFIG_${chip}_PANIC_${what}`, `CONFIG_ESP_SYSTEM_PANIC_${what}`] as const,
    ),
  ),
]);

/** @param text of an sdkconfig file @returns the same with each option under the name that it has today */
export function withTodaysNames(text: string): string {
  return text.replace(/^(# )?(CONFIG_\w+)/gm, (line, mark = "", name) => {
    const today = renamed.get(name);
    return today === undefined ? line : mark + today;
  });
}
