import { readFileSync } from "node:fs";
import { type Partition, partitionTable } from "../../../hosts/flash-model/partition-table.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, it } from "../../support/harness.js";

describe("partition table", () => {
  it("of the model is the one that is flashed", () => {
    const csv = readFileSync(new URL("../../../../partitions.csv", import.meta.url), "utf8");
    const flashed = new Map<string, Partition>();
    for (const line of csv.split("\n")) {
      const [label, , , offset, size] = line.split(",").map((cell) => cell.trim());
      if (size) flashed.set(label, { label, offset: Number(offset), size: Number(size) });
    }
    const { otadata, slots, state, flashSize } = partitionTable();
    for (const partition of [otadata, ...slots, state]) {
      assert.deepEqual(flashed.get(partition.label), { ...partition });
    }
    assert.ok(flashSize <= 4 * 1024 * 1024);
  });

  it("has equal slots on 64 KB and nothing that overlaps, at any size", () => {
    for (let slotSize = 0x1000; slotSize <= 0x20000; slotSize += 0x1000) {
      for (const stateSize of [0x2000, 0x4000, 0x10000]) {
        const { otadata, slots, state, flashSize } = partitionTable({ slotSize, stateSize });
        const inOrder = [otadata, state, ...slots];
        for (let i = 1; i < inOrder.length; i++) {
          assert.ok(inOrder[i - 1].offset + inOrder[i - 1].size <= inOrder[i].offset);
        }
        assert.ok(slots.every(({ offset, size }) => offset % 0x10000 === 0 && size === slotSize));
        assert.equal(flashSize, slots[1].offset + slotSize);
      }
    }
  });

  it("refuses sizes that are not whole sectors", () => {
    for (const sizes of [{ slotSize: 1000 }, { slotSize: 0 }, { stateSize: 0x1000 }, { stateSize: 100 }]) {
      assert.throws(
        () => partitionTable(sizes),
        (error) => error instanceof Fault && error.code === "partition-size",
      );
    }
  });
});
