import { mergeLayers, readFragment, releaseOptions } from "../../../tools/sdkconfig/layers.js";
import { assert, describe, it } from "../../support/harness.js";

const layer = (defaults: string, release = "", inst = "") => [defaults, release, inst].map(readFragment);

describe("7: readFragment", () => {
  it("reads what mcconfig reads: no line with # in front, the last of several, an empty value", () => {
    const text = '# CONFIG_A is not set\n#CONFIG_B=y\nCONFIG_C=1\r\nCONFIG_C=2\nCONFIG_D=\nnothing\nCONFIG_E="x y"';
    assert.deepEqual(
      [...readFragment(text)],
      [
        ["CONFIG_C", "2"],
        ["CONFIG_D", ""],
        ["CONFIG_E", '"x y"'],
      ],
    );
  });
});

describe("7: options under names of before", () => {
  for (const [old, today] of [
    ["APP_ROLLBACK_ENABLE", "BOOTLOADER_APP_ROLLBACK_ENABLE"],
    ["TASK_WDT", "ESP_TASK_WDT_INIT"],
    ["ESP_TASK_WDT", "ESP_TASK_WDT_INIT"],
    ["TASK_WDT_PANIC", "ESP_TASK_WDT_PANIC"],
    ["ESP32_PANIC_GDBSTUB", "ESP_SYSTEM_PANIC_GDBSTUB"],
    ["ESP32S2_PANIC_PRINT_HALT", "ESP_SYSTEM_PANIC_PRINT_HALT"],
  ]) {
    it(`${old} is ${today}`, () => {
      assert.deepEqual([...readFragment(`CONFIG_${today}=y\nCONFIG_${old}=n`)], [[`CONFIG_${today}`, "n"]]);
    });
  }

  it("a name that only begins like one is another option", () => {
    assert.deepEqual([...readFragment("CONFIG_ESP_TASK_WDT_EN=y").keys()], ["CONFIG_ESP_TASK_WDT_EN"]);
  });
});

describe("7: mergeLayers", () => {
  it("keeps what only one layer names, in every file", () => {
    const [defaults, release, inst] = mergeLayers([
      layer("CONFIG_SPIRAM=y", "CONFIG_T=1", "CONFIG_I=y"),
      layer("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y", "CONFIG_ESP_TASK_WDT_EN=y"),
    ]);
    assert.deepEqual([...defaults.keys()], ["CONFIG_SPIRAM", "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"]);
    assert.deepEqual([...release.keys()], ["CONFIG_T", "CONFIG_ESP_TASK_WDT_EN"]);
    assert.deepEqual([...inst.keys()], ["CONFIG_I"]);
  });

  it("the target's release options do not switch the watchdog off again", () => {
    const [, release] = mergeLayers([layer("", "CONFIG_ESP_TASK_WDT_EN=n"), layer("", "CONFIG_ESP_TASK_WDT_EN=y")]);
    assert.equal(release.get("CONFIG_ESP_TASK_WDT_EN"), "y");
  });

  it("an option of a stronger layer is not taken back by a later file of a weaker one", () => {
    const merged = mergeLayers([layer("", "CONFIG_A=n", "CONFIG_A=n"), layer("CONFIG_A=y")]);
    assert.equal(releaseOptions(merged).get("CONFIG_A"), "y");
    assert.deepEqual([merged[1].size, merged[2].size], [0, 0]);
  });

  it("an option for instrumented builds only leaves the others as they were", () => {
    const merged = mergeLayers([layer("CONFIG_A=y"), layer("", "", "CONFIG_A=n")]);
    assert.equal(releaseOptions(merged).get("CONFIG_A"), "y");
    assert.equal(merged[2].get("CONFIG_A"), "n");
  });
});
