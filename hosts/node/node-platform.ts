/*
 * The platform of a simulated device on Node: flash in a file with the boot loader's rules, real sockets, the system's
 * clock.
 *
 * Opening the platform is like a reset of the hardware: the boot loader runs and decides which slot starts.
 */

import { statSync } from "node:fs";
import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import type { Device, DeviceFacts } from "../../modules/platform/device.js";
import type { Platform } from "../../modules/platform/platform.js";
import { blockSize } from "../flash-model/flash.js";
import { FlashStore } from "../flash-model/flash-store.js";
import { type Lack, openSlots } from "../flash-model/lacking.js";
import { NorFlash } from "../flash-model/nor-flash.js";
import { openPartition, type PartitionTable, partitionTable, slotSizeIn } from "../flash-model/partition-table.js";
import { NodeClock } from "./clock.js";
import { nodeCrypto, nodeRandom } from "./crypto.js";
import { NodeNetwork } from "./network.js";
import { NodeFile } from "./node-file.js";
import { NodeTimers } from "./timers.js";

export interface NodePlatformOptions {
  /** Folder that holds the flash; it must exist. */
  dataDir: string;
  /** esp_chip_id_t that the simulated boot loader starts images for; default 9, the ESP32-S3. */
  chipId?: number;
  identifier: string;
  /** Default "power_on". */
  resetReason?: string;
  /** Parts that the device was flashed without; default none. */
  lacking?: readonly Lack[];
  print?(line: string): void;
  restart(): void;
}

export const defaultChipId = 9;

/** The flash with its table. The size of the file, once it is there, says how large the slots are. */
function openFlash(dataDir: string, slotSize?: number): { flash: NorFlash; table: PartitionTable } {
  const path = join(dataDir, "flash.bin");
  const made = statSync(path, { throwIfNoEntry: false })?.size;
  const table = partitionTable({ slotSize: made === undefined ? slotSize : slotSizeIn(made) });
  return { flash: new NorFlash(new NodeFile(path, table.flashSize), 16), table };
}

/**
 * Flashes a device as by cable: erases the whole flash, and writes the image into the first slot.
 *
 * @param slotSize bytes of each slot of a new flash, a multiple of 64 KB; default 1,920 KB, or what the image takes
 */
export function flashByCable(dataDir: string, image: Uint8Array, slotSize?: number): void {
  const needed = Math.ceil(image.byteLength / blockSize) * blockSize;
  const usual = partitionTable().slots[0].size;
  const { flash, table } = openFlash(dataDir, slotSize ?? Math.max(needed, usual));
  flash.erase(0, flash.size);
  const slot = openPartition(flash, table.slots[0]);
  const padded = new Uint8Array(Math.ceil(image.byteLength / 16) * 16).fill(0xff);
  padded.set(image);
  slot.write(0, padded);
}

function facts(): DeviceFacts {
  const heap = getHeapStatistics();
  return { heapTotal: heap.heap_size_limit, heapFree: heap.heap_size_limit - heap.used_heap_size };
}

/** @throws Fault of stage "flash": "no-bootable-image" when neither slot holds an image for this chip */
export function openNodePlatform(options: NodePlatformOptions): Platform {
  const { dataDir, chipId = defaultChipId, identifier, resetReason = "power_on", lacking = [], restart } = options;
  const print = options.print ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const { flash, table } = openFlash(dataDir);
  const bootOptions = { flash, table, crypto: nodeCrypto, chipId };
  const watchdog = !lacking.includes("watchdog");
  const device: Device = { identifier, chipId, resetReason, networkInterface: "eth0", watchdog, facts, restart };
  return {
    network: new NodeNetwork(),
    clock: new NodeClock(),
    timers: new NodeTimers(print),
    random: nodeRandom,
    crypto: nodeCrypto,
    slots: openSlots(bootOptions, lacking),
    store: new FlashStore(openPartition(flash, table.state)),
    device,
    print,
  };
}
