import { readFileSync } from "node:fs";
import { lostOptions, readOptions } from "../../../tools/esp32/options.js";
import { assert, describe, it } from "../../support/harness.js";

const fragment = (name: string) => readFileSync(`sdkconfig/${name}`, "utf8");
const defaults = readOptions(fragment("sdkconfig.defaults"));
const release = readOptions(fragment("sdkconfig.defaults.release"));

describe("sdkconfig", () => {
  it("has no line that mcconfig's merge would get wrong", () => {
    for (const text of [fragment("sdkconfig.defaults"), fragment("sdkconfig.defaults.release")]) {
      for (const line of text.split("\n")) {
        assert.match(line, /^(#.*|CONFIG_[A-Z0-9_]+=[^=\s]+|)$/);
        assert.ok(!line.includes("is not set") || line.includes('"is not set"'), line);
      }
    }
  });

  it("switches rollback and the image check on in every build", () => {
    assert.equal(defaults.get("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"), "y");
    assert.equal(defaults.get("CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS"), "n");
  });

  it("restarts a release build that crashes or hangs", () => {
    assert.equal(release.get("CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT"), "y");
    assert.equal(release.get("CONFIG_ESP_TASK_WDT_EN"), "y");
    assert.equal(release.get("CONFIG_ESP_TASK_WDT_PANIC"), "y");
  });

  it("lets Wi-Fi hold a whole TCP window and still receive", () => {
    const segments = Number(defaults.get("CONFIG_LWIP_TCP_WND_DEFAULT")) / 1436;
    assert.ok(Number(defaults.get("CONFIG_ESP_WIFI_DYNAMIC_RX_BUFFER_NUM")) >= segments + 4);
  });

  it("carries the version of package.json into esp_app_desc_t", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.equal(defaults.get("CONFIG_APP_PROJECT_VER_FROM_CONFIG"), "y");
    assert.equal(defaults.get("CONFIG_APP_PROJECT_VER"), `"${version}"`);
    assert.ok(version.length <= 31);
  });
});

describe("lostOptions", () => {
  it("names what the merge lost or changed, and nothing else", () => {
    const lost = lostOptions("CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=7\nCONFIG_D=y", "CONFIG_A=y\nCONFIG_B=\nCONFIG_C=8");
    assert.deepEqual(lost, ["CONFIG_C is 8, not 7", "CONFIG_D is absent, not y"]);
  });

  it("does not take a trailing blank for a part of the value: the SDK's qtpys3 has one", () => {
    assert.deepEqual(lostOptions("CONFIG_A=y ", "CONFIG_A=y"), []);
    assert.deepEqual(lostOptions("CONFIG_A=y", "CONFIG_A=y \t\r\nCONFIG_B= "), []);
  });

  it("takes the last of several lines", () => {
    assert.deepEqual(lostOptions("CONFIG_A=y", "# CONFIG_A is not set\nCONFIG_A=y"), []);
    assert.deepEqual(lostOptions("CONFIG_A=y", "CONFIG_A=y\n# CONFIG_A is not set"), ["CONFIG_A is n, not y"]);
  });
});
