/*
 * What an update needs of a partition table: two slots, otadata that says which starts, nvs, and flash to hold it all.
 */

import { type Partition, readPartitionTable } from "../provision/partition-table.js";

/** @throws Error with a sentence for a table that ESP-IDF would not take */
export function readTable(csv: string): Partition[] {
  return readPartitionTable(new TextEncoder().encode(csv));
}

/** Of esp_partition.h: ota_0 to ota_15 are 0x10 to 0x1F, otadata is 0. A table may have words or numbers. */
export function slotsOf(partitions: readonly Partition[]): Partition[] {
  return partitions.filter(
    ({ type, subtype }) => type === "app" && (/^ota_\d+$/.test(subtype) || Number(subtype) >> 4 === 1),
  );
}

/**
 * @param csv the table that is flashed
 * @param flashSize bytes
 * @returns what keeps updates from working, a sentence each
 */
export function tableFaults(csv: string, flashSize: number): string[] {
  let partitions: Partition[];
  try {
    partitions = readTable(csv);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const faults: string[] = [];
  const slots = slotsOf(partitions).length;
  if (slots < 2)
    faults.push(
      `The partition table has ${slots === 0 ? "no" : "one"} application slot for updates (app, ota_0 and ota_1); two are needed.`,
    );
  const otadata = partitions.find(({ type, subtype }) => type === "data" && /^(ota|0)$/.test(subtype));
  if (otadata === undefined || otadata.size < 0x2000)
    faults.push("The partition table has no otadata (data, ota) of 0x2000 bytes; it says which slot starts.");
  if (!partitions.some(({ type, subtype }) => type === "data" && subtype === "nvs"))
    faults.push("The partition table has no nvs; settings and the state of an update are kept there.");
  const end = Math.max(...partitions.map(({ offset, size }) => offset + size));
  if (end > flashSize)
    faults.push(`The partition table ends at ${end / 1024} KB, and the target's flash has ${flashSize / 1024} KB.`);
  return faults;
}
