/*
 * EspDevice: device facts of an ESP32, and its restart. It calls ESP-IDF functions by FFI; our own C (nh-build.c) only
 * tells options that are fixed when ESP-IDF is compiled.
 *
 * The CPU temperature is left out: the plain ESP32 has no usable sensor, and the others need a driver that stays installed.
 */

import FFI from "mc/ffi";
import Net from "net";
import type { Device, DeviceFacts } from "../../modules/platform/device.js";
import type { Slot } from "../../modules/platform/slots.js";
import { toHex } from "../../modules/text/hex.js";
import { machineFacts } from "../xs/machine.js";

/** esp_heap_caps.h: the heap that malloc takes from, as esp_get_free_heap_size() counts it. */
const MALLOC_CAP_DEFAULT = 1 << 12;

/** esp_app_format.h: `chip_id`, 16 bits little endian in esp_image_header_t. */
const chipIdOffset = 12;

/** esp_chip_info.h: esp_chip_info_t is model and features of 32 bits, revision of 16, and the number of cores. */
const chipInfoSize = 12;
const chipRevisionOffset = 8;

/** The words of NervesHub's agents for each esp_reset_reason_t. */
const resetReasons: readonly string[] = Object.freeze([
  "unknown", // ESP_RST_UNKNOWN
  "power_on", // ESP_RST_POWERON
  "external_pin", // ESP_RST_EXT
  "software", // ESP_RST_SW
  "panic", // ESP_RST_PANIC
  "interrupt_watchdog", // ESP_RST_INT_WDT
  "task_watchdog", // ESP_RST_TASK_WDT
  "other_watchdog", // ESP_RST_WDT
  "deep_sleep", // ESP_RST_DEEPSLEEP
  "brownout", // ESP_RST_BROWNOUT
  "sdio", // ESP_RST_SDIO
]);

const buildWatchdog = native("nh_build_watchdog") as () => boolean;

export class EspDevice implements Device {
  readonly identifier: string;
  readonly chipId: number;
  readonly chipRevision: number;
  readonly resetReason: string;
  readonly networkInterface = "wlan0";
  readonly watchdog = buildWatchdog();
  private readonly _idf = new FFI();

  /** @param running the running slot, whose image header says which chip this is */
  constructor(running: Slot) {
    const mac = new Uint8Array(6);
    this._idf.esp_efuse_mac_get_default(mac.buffer);
    this.identifier = `esp32-${toHex(mac)}`;

    const chip = new Uint8Array(2);
    running.read(chipIdOffset, chip);
    this.chipId = chip[0] | (chip[1] << 8);

    const info = new DataView(new ArrayBuffer(chipInfoSize));
    this._idf.esp_chip_info(info.buffer);
    this.chipRevision = info.getUint16(chipRevisionOffset, true);

    // Reasons that ESP-IDF added later (USB, JTAG, eFuse error, power glitch, lock-up) have no word in NervesHub.
    this.resetReason = resetReasons[this._idf.esp_reset_reason()] ?? "unknown";
  }

  facts(): DeviceFacts {
    const idf = this._idf;
    return {
      heapFree: idf.esp_get_free_heap_size(),
      heapLowWater: idf.esp_get_minimum_free_heap_size(),
      heapLargestBlock: idf.heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT),
      heapTotal: idf.heap_caps_get_total_size(MALLOC_CAP_DEFAULT),
      wifiRssi: Net.get("RSSI"),
      ...machineFacts(),
    };
  }

  restart(): void {
    this._idf.esp_restart();
  }
}
