/*
 * The chips NervesHub knows, by the id in an image's header (nerveshub-device-protocol.md §8.2), and how it spells an
 * ELF hash as a uuid (§8.3).
 */

interface Chip {
  readonly platform: string;
  readonly architecture: string;
}

const chips: ReadonlyMap<number, Chip> = new Map([
  [0x0000, { platform: "esp32", architecture: "xtensa" }],
  [0x0002, { platform: "esp32s2", architecture: "xtensa" }],
  [0x0005, { platform: "esp32c3", architecture: "riscv" }],
  [0x0009, { platform: "esp32s3", architecture: "xtensa" }],
  [0x000c, { platform: "esp32c2", architecture: "riscv" }],
  [0x000d, { platform: "esp32c6", architecture: "riscv" }],
  [0x0010, { platform: "esp32h2", architecture: "riscv" }],
  [0x0012, { platform: "esp32p4", architecture: "riscv" }],
  [0x0017, { platform: "esp32c5", architecture: "riscv" }],
]);

export function chipOf(id: number): Chip {
  return chips.get(id) ?? { platform: `esp32-${id}`, architecture: "unknown" };
}

/** @param hex the ELF hash; @returns undefined when it has fewer than 32 hexadecimal digits */
export function uuidOfElfHash(hex: string): string | undefined {
  if (!/^[0-9a-f]{32,}$/i.test(hex)) return undefined;
  const h = hex.toLowerCase();
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`;
}
