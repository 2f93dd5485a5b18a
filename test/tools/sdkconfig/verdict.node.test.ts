import type { Generation } from "../../../tools/sdkconfig/generation.js";
import { readFragment } from "../../../tools/sdkconfig/layers.js";
import { flashSize, judge } from "../../../tools/sdkconfig/verdict.js";
import { assert, describe, it } from "../../support/harness.js";

const table = `nvs, data, nvs, 0x9000, 0x6000
ota_0, app, ota_0, 0x10000, 0x1F0000
ota_1, app, ota_1, , 0x1FE000
otadata, data, ota, , 8192`;
const board = "CONFIG_ESPTOOLPY_FLASHSIZE_4MB=\nCONFIG_ESPTOOLPY_FLASHSIZE_16MB=y\nCONFIG_SPIRAM=y\n";
const needed = `CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y
CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS=n
CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT=y
CONFIG_ESP_TASK_WDT_EN=y
CONFIG_ESP_TASK_WDT_INIT=y
CONFIG_ESP_TASK_WDT_PANIC=y
`;

function generation(options: string, partitions = table, ownTable?: string): Generation {
  const where = { folder: "", platform: "esp32/board", chip: "esp32", targetFolder: "", optionsFolder: "" };
  return { ...where, ownTable, tableForTarget: undefined, options, partitions };
}

function faults(options: string, own = "", partitions = table): string {
  const expectation = { needed: readFragment(needed), own: readFragment(own), ownTable: undefined };
  return judge(generation(options, partitions), { target: generation(board), ...expectation }).join(" ");
}

describe("7: judge", () => {
  it("finds nothing wrong with a target that has what is needed", () => {
    assert.equal(faults(board + needed), "");
  });

  for (const [name, value, says] of [
    ["CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE", "", /Rollback is off/],
    ["CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS", "y", /image check is off/],
    ["CONFIG_ESP_TASK_WDT_EN", "", /watchdog is off/],
    ["CONFIG_ESP_TASK_WDT_INIT", "n", /watchdog is off/],
    ["CONFIG_ESP_TASK_WDT_PANIC", "", /watchdog is off/],
  ] as const) {
    it(`refuses ${name}=${value}`, () => {
      assert.match(faults(board + needed.replace(new RegExp(`${name}=.*`), `${name}=${value}`)), says);
      assert.match(faults(`${board}${needed}${name}=${value}\n`), says);
    });
  }

  for (const [line, says] of [
    ["CONFIG_APP_ROLLBACK_ENABLE=n", /Rollback is off/],
    ["CONFIG_TASK_WDT=n", /watchdog is off/],
    ["CONFIG_ESP_TASK_WDT=n", /watchdog is off/],
    ["# CONFIG_TASK_WDT_PANIC is not set", /watchdog is off/],
    ["CONFIG_ESP32_PANIC_GDBSTUB=y", /crash does not restart/],
  ] as const) {
    it(`refuses ${line}, a name of before`, () => {
      assert.match(faults(`${board}${needed}${line}\n`), says);
    });
  }

  it("reads the table from where the options say that it lies", () => {
    const offset = "CONFIG_PARTITION_TABLE_OFFSET=0x10000\n";
    assert.match(faults(board + offset + needed), /overlaps the table itself, which ends at 0x11000/);
    const behind = table.replace("0x9000", "0x11000").replace("0x10000", "0x20000");
    assert.equal(faults(board + offset + needed, "", behind), "");
  });

  it("takes an option that nobody names for one that is off", () => {
    assert.match(faults(board), /Rollback is off.*watchdog is off/);
  });

  it("refuses a build that waits for a debugger after a crash: of a choice, the last counts", () => {
    assert.match(faults(`${board}${needed}CONFIG_ESP_SYSTEM_PANIC_GDBSTUB=y\n`), /crash does not restart/);
    assert.equal(faults(`${board}CONFIG_ESP_SYSTEM_PANIC_GDBSTUB=y\n${needed}`), "");
  });

  it("says what the target lost: PSRAM, flash size", () => {
    const lost = faults(`CONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\n${needed}`);
    assert.match(lost, /CONFIG_SPIRAM is absent, not y/);
    assert.match(lost, /FLASHSIZE_16MB is absent, not y/);
  });

  it("says what the application's own options lost, and lets it have the last word on the target's", () => {
    assert.match(
      faults(board + needed, "CONFIG_LWIP_MAX_SOCKETS=12"),
      /application's options, CONFIG_LWIP_MAX_SOCKETS/,
    );
    assert.equal(faults(board.replace("SPIRAM=y", "SPIRAM=") + needed, "CONFIG_SPIRAM=n"), "");
  });

  it("says that the application's own table lost to another one", () => {
    const expectation = {
      needed: readFragment(needed),
      own: new Map<string, string>(),
      ownTable: "/app/partitions.csv",
    };
    const said = judge(generation(board + needed), { target: generation(board), ...expectation });
    assert.match(said.join(" "), /not the application's \/app\/partitions.csv/);
  });
});

describe("7: flashSize", () => {
  it("is the last that is on, and ESP-IDF's 2 MB where none is", () => {
    assert.equal(flashSize(board), 16 << 20);
    assert.equal(flashSize("CONFIG_SPIRAM=y"), 2 << 20);
  });
});
