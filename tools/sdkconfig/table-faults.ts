/*
 * Table faults: checks that a partition table has what an update needs: two slots, otadata, nvs, and flash to hold them.
 */

import { partitionName } from "../provision/nvs.js";
import { defaultTableOffset, hex, type Partition, readPartitionTable } from "../provision/partition-table.js";

/** Least size of an nvs that is written: gen_esp32part.py, NVS_RW_MIN_PARTITION_SIZE. */
const leastNvs = 0x3000;
/** Size of otadata, esp_flash_partitions.h: two sectors, one per entry. gen_esp32part.py takes no other size. */
const otadataSize = 0x2000;
/** A little less than the image of the flashable app (estimated in hosts/esp32/README.md, 1.8 MB). */
const smallSlot = 1536 * 1024;

/**
 * @param tableOffset CONFIG_PARTITION_TABLE_OFFSET
 * @throws Error with a sentence for a table that ESP-IDF would not take
 */
export function readTable(csv: string, tableOffset = defaultTableOffset): Partition[] {
  return readPartitionTable(new TextEncoder().encode(csv), tableOffset);
}

/** The slot's number. ota_0 to ota_15 are 0x10 to 0x1F (esp_partition.h); a table may have words or numbers. */
function slotNumber({ type, subtype }: Partition): number | undefined {
  if (type !== "app") return undefined;
  const word = /^ota_(\d+)$/.exec(subtype);
  if (word !== null) return Number(word[1]);
  return Number(subtype) >> 4 === 1 ? Number(subtype) & 15 : undefined;
}

export function slotsOf(partitions: readonly Partition[]): Partition[] {
  return partitions.filter((partition) => slotNumber(partition) !== undefined);
}

/** Whether the table has a slot already. True for a table that cannot be read: `tableFaults` tells what is wrong with it. */
export function hasSlots(csv: string, tableOffset: number): boolean {
  try {
    return slotsOf(readTable(csv, tableOffset)).length > 0;
  } catch {
    return true;
  }
}

function slotFaults(slots: readonly Partition[]): string[] {
  if (slots.length < 2)
    return [
      `The partition table has ${slots.length === 0 ? "no" : "one"} application slot for updates (app, ota_0 and ota_1); two are needed.`,
    ];
  const numbers = slots.map((slot) => slotNumber(slot)!).toSorted((a, b) => a - b);
  const faults: string[] = [];
  // The boot loader takes the number of a slot modulo the count of slots.
  if (numbers.some((number, index) => number !== index))
    faults.push(
      `The partition table has the slots ${numbers.map((number) => `ota_${number}`).join(", ")}; they must be ota_0 to ota_${numbers.length - 1}, each once.`,
    );
  for (const { name } of slots.filter((slot) => slot.readonly))
    faults.push(`Slot "${name}" is marked readonly; no update can be written to it.`);
  return faults;
}

function otadataFaults(partitions: readonly Partition[]): string[] {
  const found = partitions.filter(({ type, subtype }) => type === "data" && /^(ota|0)$/.test(subtype));
  const size = hex(otadataSize);
  if (found.length === 0)
    return [`The partition table has no otadata (data, ota) of ${size} bytes; it says which slot starts.`];
  if (found.length > 1) return ["The partition table has several otadata (data, ota); one says which slot starts."];
  const [{ name, readonly, size: given }] = found;
  const faults: string[] = [];
  if (given !== otadataSize) faults.push(`The otadata "${name}" has ${hex(given)} bytes; it must have ${size}.`);
  if (readonly) faults.push(`The otadata "${name}" is marked readonly; it must be written to change the slot.`);
  return faults;
}

function nvsFaults(partitions: readonly Partition[]): string[] {
  const all = partitions.filter(({ type, subtype }) => type === "data" && subtype === "nvs");
  const found = all.find(({ name }) => name === partitionName);
  if (found === undefined) {
    const other = all.length === 0 ? "" : ` ("${all[0].name}" is another one)`;
    return [
      `The partition table has no nvs with the label "${partitionName}"${other}; settings and the state of an update are kept there.`,
    ];
  }
  const faults: string[] = [];
  if (found.readonly) faults.push(`The nvs is marked readonly; the state of an update is written there.`);
  if (found.size < leastNvs)
    faults.push(`The nvs has ${hex(found.size)} bytes; ${hex(leastNvs)} are the least that can be written.`);
  return faults;
}

/**
 * @param csv the table that is flashed
 * @param flashSize bytes
 * @param tableOffset CONFIG_PARTITION_TABLE_OFFSET
 * @returns a sentence for each reason why updates cannot work
 */
export function tableFaults(csv: string, flashSize: number, tableOffset = defaultTableOffset): string[] {
  let partitions: Partition[];
  try {
    partitions = readTable(csv, tableOffset);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const faults = [...slotFaults(slotsOf(partitions)), ...otadataFaults(partitions), ...nvsFaults(partitions)];
  const end = Math.max(...partitions.map(({ offset, size }) => offset + size));
  if (end > flashSize)
    faults.push(`The partition table ends at ${end / 1024} KB, and the target's flash has ${flashSize / 1024} KB.`);
  return faults;
}

/** @returns a sentence for each slot that may be too small; the size of the image is not known here */
export function tableNotes(csv: string, tableOffset = defaultTableOffset): string[] {
  let partitions: Partition[];
  try {
    partitions = readTable(csv, tableOffset);
  } catch {
    return [];
  }
  const small = slotsOf(partitions).filter(({ size }) => size < smallSlot);
  if (small.length === 0) return [];
  const sizes = small.map(({ name, size }) => `${name} ${size / 1024} KB`).join(", ");
  return [
    `Small slots: ${sizes}. The image of the flashable app has about 1.8 MB; an update that does not fit is refused.`,
  ];
}
