/*
 * Partition table: the partitions that an update and the link's own state need. The defaults are those of partitions.csv
 * for 4 MB of flash.
 *
 * otadata lies before every partition that may ever grow, the two slots have equal sizes, and application slots start on
 * multiples of 64 KB, as the flash cache requires.
 */

import { Fault } from "../../modules/fault/fault.js";
import { blockSize, type Flash, FlashRegion, sectorSize } from "./flash.js";

export interface Partition {
  readonly label: string;
  /** Bytes from the start of the flash. */
  readonly offset: number;
  readonly size: number;
}

export interface PartitionTable {
  /** Two sectors, see ota-data.ts. */
  readonly otadata: Partition;
  /** The application slots, ota_0 and ota_1. */
  readonly slots: readonly [Partition, Partition];
  /** The link's own state, for FlashStore. */
  readonly state: Partition;
  /** Bytes of flash that all partitions need. */
  readonly flashSize: number;
}

export interface PartitionSizes {
  /** Bytes of each slot: a multiple of 64 KB (for the model 4 KB suffice). Default 0x1E0000: 1,920 KB. */
  slotSize?: number;
  /** Bytes of the state partition: a multiple of 8 KB. Default 16 KB. */
  stateSize?: number;
}

const otadataOffset = 0x9000;
// Between otadata and the state lie nvs (32 KB) and phy_init (4 KB), which only the chip uses.
const stateOffset = 0x14000;

/** @throws Fault of stage "flash": "partition-size" */
export const partitionTable = (sizes: PartitionSizes = {}): PartitionTable => {
  const slotSize = sizes.slotSize ?? 0x1e0000;
  const stateSize = sizes.stateSize ?? 0x4000;
  if (slotSize <= 0 || slotSize % sectorSize !== 0 || stateSize <= 0 || stateSize % (2 * sectorSize) !== 0) {
    throw new Fault("flash", "partition-size", "A slot has whole sectors of 4 KB, the state partition an even number.");
  }
  const first = Math.ceil((stateOffset + stateSize) / blockSize) * blockSize;
  const second = Math.ceil((first + slotSize) / blockSize) * blockSize;
  return {
    otadata: { label: "otadata", offset: otadataOffset, size: 2 * sectorSize },
    slots: [
      { label: "ota_0", offset: first, size: slotSize },
      { label: "ota_1", offset: second, size: slotSize },
    ],
    state: { label: "state", offset: stateOffset, size: stateSize },
    flashSize: second + slotSize,
  };
};

/** Size of the slots in a flash of `flashSize` bytes that has this table, with a state partition of the default size. */
export const slotSizeIn = (flashSize: number): number => {
  const first = partitionTable().slots[0].offset;
  return Math.floor((flashSize - first) / 2 / blockSize) * blockSize;
};

/** The part of the flash that a partition has. */
export const openPartition = (flash: Flash, partition: Partition): Flash => {
  return new FlashRegion(flash, partition.offset, partition.size);
};
