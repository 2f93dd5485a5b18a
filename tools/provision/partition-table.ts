/*
 * Partition tables as ESP-IDF has them: the CSV of a project, or the binary that gen_esp32part.py makes of it. What is
 * read here says where an image will be written, so a table that ESP-IDF would refuse is refused, and nothing is guessed.
 *
 * Source: ESP-IDF, components/partition_table/gen_esp32part.py and docs/en/api-guides/partition-tables.rst.
 */

import { createHash } from "node:crypto";

export interface Partition {
  readonly name: string;
  /** As in the table, in words where there are some: "app", "data"; else a number. */
  readonly type: string;
  readonly subtype: string;
  /** Bytes from the start of the flash. */
  readonly offset: number;
  readonly size: number;
  readonly readonly: boolean;
}

/** Where the table itself lies unless CONFIG_PARTITION_TABLE_OFFSET says something else, and how much it takes. */
export const defaultTableOffset = 0x8000;
const tableSize = 0x1000;

const appAlignment = 0x10000;
export const sectorSize = 0x1000;
/** 96 entries of 32 bytes; the CSV of so many has some 8 KB, with comments. */
const maxEntries = 95;
const maxCsvBytes = 65_536;
/** Offsets and sizes are 32 bits wide in the binary table. */
const maxFlashBytes = 2 ** 32;
/** Of a name, with the zero behind it. */
const maxNameBytes = 16;

const types = new Map([
  [0x00, "app"],
  [0x01, "data"],
  [0x02, "bootloader"],
  [0x03, "partition_table"],
]);
const dataSubtypes = new Map([[0x02, "nvs"]]);

/**
 * @param bytes of a CSV or of a binary table
 * @param tableOffset CONFIG_PARTITION_TABLE_OFFSET: where offsets that the CSV leaves blank begin
 * @throws Error with a sentence for a table that ESP-IDF would not take
 */
export function readPartitionTable(bytes: Uint8Array, tableOffset = defaultTableOffset): Partition[] {
  const binary = bytes[0] === 0xaa && bytes[1] === 0x50;
  const partitions = binary ? readBinary(bytes) : readCsv(bytes, tableOffset + tableSize);
  if (partitions.length === 0) throw new Error("The partition table is empty.");
  verify(partitions, binary ? undefined : tableOffset + tableSize);
  return partitions;
}

interface Row {
  name: string;
  type: string;
  subtype: string;
  offset: number | undefined;
  /** Negative: the partition ends there. */
  size: number;
  flags: string[];
}

function readCsv(bytes: Uint8Array, begin: number): Partition[] {
  if (bytes.byteLength > maxCsvBytes)
    throw new Error("The partition table is no CSV of a partition table: it is too long.");
  const rows: Row[] = [];
  for (const [index, raw] of Buffer.from(bytes).toString("utf8").split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line !== "" && !line.startsWith("#")) rows.push(readRow(line, index + 1));
  }
  let end = begin;
  return rows.map((row) => {
    const { name, type, subtype, flags } = row;
    const alignment = type === "app" ? appAlignment : sectorSize;
    const offset = row.offset ?? Math.ceil(end / alignment) * alignment;
    const size = row.size < 0 ? -row.size - offset : row.size;
    end = offset + size;
    return { name, type, subtype, offset, size, readonly: flags.includes("readonly") };
  });
}

function readRow(text: string, line: number): Row {
  const fail = (what: string): Error => new Error(`The partition table's line ${line} ${what}.`);
  const [name, type = "", subtype = "", offset = "", size = "", flags = ""] = text
    .split(",")
    .map((field) => field.trim());
  if (text.includes("$")) throw fail("holds a variable: give the table that the build made of it");
  if (name === "" || type === "" || size === "") throw fail("lacks name, type or size");
  const numbers = [offset, size].map((field) => (field === "" ? undefined : readNumber(field)));
  if (numbers.some((number) => Number.isNaN(number))) throw fail("has an offset or a size that is no number");
  // gen_esp32part.py reads these words, and no others, in capitals as well.
  const typeName = wordOf(type.toLowerCase(), types);
  const given = subtype.toLowerCase();
  const subtypeName = typeName === "data" ? wordOf(given, dataSubtypes) : given;
  return {
    name,
    type: typeName,
    subtype: subtypeName,
    offset: numbers[0],
    size: numbers[1] as number,
    flags: flags.split(":"),
  };
}

/** "0x9000", "24K", "1M", "-0x400000"; NaN for anything else. */
function readNumber(text: string): number {
  const match = /^(-?)(0x[0-9a-f]+|0|[1-9]\d*)([km]?)$/i.exec(text);
  if (match === null) return Number.NaN;
  const [, sign, digits, unit] = match;
  const factor = unit === "" ? 1 : unit.toLowerCase() === "k" ? 1024 : 1024 * 1024;
  return Number(digits) * factor * (sign === "" ? 1 : -1);
}

/** The word for a number, where there is one. */
function wordOf(field: string, words: ReadonlyMap<number, string>): string {
  const number = readNumber(field);
  return Number.isNaN(number) ? field : (words.get(number) ?? String(number));
}

/** Entries of 32 bytes, an MD5 of them, and the end marker. */
function readBinary(bytes: Uint8Array): Partition[] {
  const partitions: Partition[] = [];
  for (let at = 0; ; at += 32) {
    const entry = Buffer.from(bytes.subarray(at, at + 32));
    if (entry.byteLength < 32 || partitions.length > maxEntries) throw new Error("The partition table has no end.");
    if (entry.every((byte) => byte === 0xff)) return partitions;
    if (entry[0] === 0xeb && entry[1] === 0xeb) {
      const md5 = createHash("md5").update(bytes.subarray(0, at)).digest();
      if (!md5.equals(entry.subarray(16))) throw new Error("The partition table is damaged: its MD5 does not match.");
    } else if (entry[0] === 0xaa && entry[1] === 0x50) partitions.push(readEntry(entry));
    else throw new Error(`The partition table is damaged at byte ${at}.`);
  }
}

/** esp_partition_info_t */
function readEntry(entry: Buffer): Partition {
  const type = types.get(entry[2]) ?? String(entry[2]);
  const name = entry.subarray(12, 28);
  const end = name.indexOf(0);
  return {
    name: name.subarray(0, end < 0 ? name.byteLength : end).toString("utf8"),
    type,
    subtype: (type === "data" ? dataSubtypes.get(entry[3]) : undefined) ?? String(entry[3]),
    offset: entry.readUInt32LE(4),
    size: entry.readUInt32LE(8),
    readonly: (entry.readUInt32LE(28) & 2) !== 0,
  };
}

/** @param begin where the first partition may lie; unknown for a binary, which does not say where it lies itself */
function verify(partitions: readonly Partition[], begin = 0): void {
  const names = partitions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`The partition table has two partitions "${twice}".`);
  let end = begin;
  let before = "the table itself";
  for (const { name, type, subtype, offset, size } of partitions.toSorted((a, b) => a.offset - b.offset)) {
    // The boot loader and the table lie in front of everything; newer tables may name them.
    if ((type === "bootloader" || type === "partition_table") && subtype === "primary") continue;
    const fail = (what: string): Error => new Error(`Partition "${name}" at ${hex(offset)} ${what}.`);
    if (Buffer.byteLength(name) > maxNameBytes) throw fail(`has a name of more than ${maxNameBytes} bytes`);
    const alignment = type === "app" ? appAlignment : sectorSize;
    if (offset % alignment !== 0) throw fail(`does not start at a multiple of ${hex(alignment)}`);
    if (size <= 0) throw fail("has no size");
    if (offset + size > maxFlashBytes) throw fail("ends beyond the 32 bits that an address has");
    if (offset < end) throw fail(`overlaps ${before}, which ends at ${hex(end)}`);
    end = offset + size;
    before = `"${name}"`;
  }
}

/** "0xb000" */
export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
