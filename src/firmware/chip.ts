/*
 * Chips by esp_chip_id_t, under the names that NervesHub gives them.
 *
 * Source: NervesHub, lib/nerves_hub/firmwares/update_tool/esp_idf.ex. An unknown id is no error, as it is none there: it
 * becomes "esp32-<id>" of architecture "unknown".
 */

export interface Chip {
  platform: string;
  architecture: string;
}

/** @param chipId esp_chip_id_t; zero is the plain ESP32 */
export const chipOf = (chipId: number): Chip => {
  switch (chipId) {
    case 0x0000:
      return { platform: "esp32", architecture: "xtensa" };
    case 0x0002:
      return { platform: "esp32s2", architecture: "xtensa" };
    case 0x0005:
      return { platform: "esp32c3", architecture: "riscv" };
    case 0x0009:
      return { platform: "esp32s3", architecture: "xtensa" };
    case 0x000c:
      return { platform: "esp32c2", architecture: "riscv" };
    case 0x000d:
      return { platform: "esp32c6", architecture: "riscv" };
    case 0x0010:
      return { platform: "esp32h2", architecture: "riscv" };
    case 0x0012:
      return { platform: "esp32p4", architecture: "riscv" };
    case 0x0017:
      return { platform: "esp32c5", architecture: "riscv" };
    default:
      return { platform: `esp32-${chipId}`, architecture: "unknown" };
  }
};
