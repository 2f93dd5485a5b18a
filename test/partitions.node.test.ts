import { readFileSync } from "node:fs";
import { partitionTable } from "../hosts/flash-model/partition-table.js";
import { assert, describe, it } from "./support/harness.js";

interface Row {
  label: string;
  type: string;
  subtype: string;
  offset: number;
  size: number;
}

const FLASH_SIZE = 4 << 20;
/** Of ESP-IDF: the table itself lies at 0x8000, one sector. */
const FIRST_OFFSET = 0x9000;

const rows: Row[] = readFileSync("partitions.csv", "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [label, type, subtype, offset, size] = line.split(",").map((field) => field.trim());
    return { label, type, subtype, offset: Number(offset), size: Number(size) };
  });
const slots = rows.filter(({ type }) => type === "app");

describe("partitions.csv", () => {
  it("has otadata first, where it can stay whatever the slots become", () => {
    assert.deepEqual([rows[0].subtype, rows[0].offset, rows[0].size], ["ota", FIRST_OFFSET, 0x2000]);
  });

  it("has exactly two slots of one size and no factory image", () => {
    assert.deepEqual(
      slots.map(({ subtype }) => subtype),
      ["ota_0", "ota_1"],
    );
    assert.equal(slots[0].size, slots[1].size);
  });

  it("starts slots on 64 KB and everything else on a sector, in whole sectors", () => {
    for (const { type, offset, size } of rows) {
      assert.equal(offset % (type === "app" ? 0x10000 : 0x1000), 0);
      assert.equal(size % 0x1000, 0);
      assert.ok(size > 0);
    }
  });

  it("overlaps nowhere and ends within 4 MB", () => {
    let end = FIRST_OFFSET;
    for (const { offset, size, label } of rows) {
      assert.ok(offset >= end, `${label} begins before the one before it ends`);
      end = offset + size;
    }
    assert.ok(end <= FLASH_SIZE);
  });

  it("has labels that ESP-IDF can hold, each once", () => {
    for (const { label } of rows) assert.match(label, /^[a-z0-9_]{1,15}$/);
    assert.equal(new Set(rows.map(({ label }) => label)).size, rows.length);
  });

  it("has a store for the agent: NVS of at least the three pages it needs, and the reserved state partition", () => {
    assert.ok(rows.some(({ subtype, size }) => subtype === "nvs" && size >= 3 * 0x1000));
    assert.ok(rows.some(({ label, size }) => label === "state" && size >= 2 * 0x1000));
  });

  it("is the table that the flash model uses", () => {
    const { otadata, slots, state } = partitionTable();
    for (const partition of [otadata, ...slots, state]) {
      const row = rows.find(({ label }) => label === partition.label);
      assert.deepEqual([row?.offset, row?.size], [partition.offset, partition.size]);
    }
  });
});
