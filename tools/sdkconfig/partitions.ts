/*
 * A partition table as CSV, read as ESP-IDF's gen_esp32part.py reads it: sizes in decimal, hexadecimal, K or M; what has no
 * offset follows what is before it, applications on 64 KB and everything else on 4 KB.
 */

/** The table itself lies at 0x8000 and takes one sector. */
const firstOffset = 0x9000;
const applicationAlignment = 0x10000;
const dataAlignment = 0x1000;

export interface Partition {
  readonly label: string;
  readonly type: string;
  readonly subtype: string;
  /** Bytes, as `size`. */
  readonly offset: number;
  readonly size: number;
}

function bytes(text: string): number {
  const [, digits, unit] = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(text) ?? [];
  if (digits === undefined) return Number.NaN;
  return Number(digits) * (unit === "" ? 1 : unit.toUpperCase() === "K" ? 1024 : 1 << 20);
}

/** @throws Error that names the line which is none */
export function readPartitions(csv: string): Partition[] {
  const partitions: Partition[] = [];
  let end = firstOffset;
  for (const line of csv.split(/\r?\n/)) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [label, type = "", subtype = "", at = "", length = ""] = line.split(",").map((field) => field.trim());
    const alignment = type === "app" || type === "0" ? applicationAlignment : dataAlignment;
    const offset = at === "" ? Math.ceil(end / alignment) * alignment : bytes(at);
    const size = bytes(length);
    if (Number.isNaN(offset) || Number.isNaN(size))
      throw new Error(`The partition table has a line that is none: ${line}`);
    partitions.push({ label, type, subtype, offset, size });
    end = offset + size;
  }
  return partitions;
}

/** The places that an update needs two of. */
export function slotsOf(partitions: readonly Partition[]): Partition[] {
  return partitions.filter(({ type, subtype }) => type === "app" && /^ota_\d+$/.test(subtype));
}

/** What keeps updates from working with this table, a sentence each. */
export function tableFaults(partitions: readonly Partition[], flashSize: number): string[] {
  const faults: string[] = [];
  const slots = slotsOf(partitions);
  if (slots.length < 2) {
    faults.push(
      `The partition table has ${slots.length === 0 ? "no" : "one"} application slot for updates (app, ota_0 and ota_1); two are needed.`,
    );
  }
  const otadata = partitions.find(({ type, subtype }) => type === "data" && subtype === "ota");
  if (otadata === undefined || otadata.size < 0x2000) {
    faults.push("The partition table has no otadata (data, ota) of 0x2000 bytes; it says which slot starts.");
  }
  if (!partitions.some(({ type, subtype }) => type === "data" && subtype === "nvs")) {
    faults.push("The partition table has no nvs; settings and the state of an update are kept there.");
  }
  const end = Math.max(...partitions.map(({ offset, size }) => offset + size), 0);
  if (end > flashSize) {
    faults.push(`The partition table ends at ${end / 1024} KB, and the target's flash has ${flashSize / 1024} KB.`);
  }
  return faults;
}
