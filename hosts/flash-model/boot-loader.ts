/*
 * Boot loader: a model of ESP-IDF's second stage boot loader, between reset and the application. There is no factory
 * partition; rollback is on, or off as in a boot loader that was flashed without it.
 *
 * Source: ESP-IDF, bootloader_utility.c (bootloader_utility_get_selected_boot_partition, set_actual_ota_seq,
 * bootloader_utility_load_boot_image). The order of its flash operations is kept, since a power cut can fall between
 * any two of them.
 */

import { Fault } from "../../modules/fault/fault.js";
import { parseImageHeader } from "../../modules/ota/image.js";
import { ImageVerifier } from "../../modules/ota/image-verifier.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import { type Flash, sectorSize } from "./flash.js";
import { activeEntry, isOut, isWritten, otaState, readOtaData, slotOf, writeOtaEntry } from "./ota-data.js";
import { openPartition, type PartitionTable } from "./partition-table.js";

export type SlotIndex = 0 | 1;

/** The flash that the boot loader reads, and the chip that it was built for. */
export interface BootOptions {
  flash: Flash;
  table: PartitionTable;
  crypto: Crypto;
  /** esp_chip_id_t; images for another chip do not start. */
  chipId: number;
  /** Whether the boot loader was built with rollback; default true. Without it, no trial is marked or ended by a restart. */
  rollback?: boolean;
}

/**
 * esp_image_verify: throws unless the boot loader would start the image at the start of `slot`. Bytes behind the image are
 * ignored.
 *
 * @throws Fault of stage "image"; "wrong-chip" for an image of another chip
 */
export const verifyBootable = (slot: Flash, crypto: Crypto, chipId: number): void => {
  const buffer = new Uint8Array(sectorSize);
  const verifier = new ImageVerifier(crypto, slot.size);
  for (let offset = 0; !verifier.ended && offset < slot.size; offset += sectorSize) {
    slot.read(offset, buffer);
    if (offset === 0) {
      const header = parseImageHeader(buffer);
      if (header.chipId !== chipId) {
        throw new Fault(
          "image",
          "wrong-chip",
          `The image is for chip ${header.chipId}, this device has chip ${chipId}.`,
        );
      }
    }
    verifier.update(buffer);
  }
  if (!verifier.ended) throw new Fault("image", "image-truncated", "The image does not end inside its slot.");
};

/** Whether the boot loader would start the image in `slot`. @throws what the flash throws, a power cut in a suite */
export const isBootable = (slot: Flash, crypto: Crypto, chipId: number): boolean => {
  try {
    verifyBootable(slot, crypto, chipId);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
};

/**
 * Step 1 of a boot: aborts a trial that was not confirmed, marks a new one, and selects the slot that otadata names.
 * @returns `wanted`: the slot, −1 when no entry is valid; `blank`: whether neither entry was ever written whole
 */
const selectSlot = (otadata: Flash, rollback: boolean): { wanted: number; blank: boolean } => {
  const entries = readOtaData(otadata);
  for (const index of [0, 1]) {
    const entry = entries[index];
    if (!rollback || entry.state !== otaState.pendingVerify) continue;
    entry.state = otaState.aborted;
    // The boot loader writes the entry back with the CRC that it had, so an entry with a wrong CRC stays invalid.
    if (isWritten(entry)) writeOtaEntry(otadata, index, entry.sequence, otaState.aborted);
  }
  if (isOut(entries[0]) && isOut(entries[1])) {
    return { wanted: 0, blank: !isWritten(entries[0]) && !isWritten(entries[1]) };
  }
  const active = activeEntry(entries);
  if (active < 0) return { wanted: -1, blank: false };
  const entry = entries[active];
  if (rollback && entry.state === otaState.new) writeOtaEntry(otadata, active, entry.sequence, otaState.pendingVerify);
  return { wanted: slotOf(entry), blank: false };
};

/**
 * One start of the device.
 *
 * @returns the slot whose image now runs
 * @throws Fault of stage "flash": "no-bootable-image": the device is a brick
 */
export const boot = ({ flash, table, crypto, chipId, rollback = true }: BootOptions): SlotIndex => {
  const otadata = openPartition(flash, table.otadata);
  const { wanted, blank } = selectSlot(otadata, rollback);
  // Step 2: tries the wanted slot, then the other one.
  const order: SlotIndex[] = wanted === 1 ? [1, 0] : [0, 1];
  for (const index of order) {
    if (!isBootable(openPartition(flash, table.slots[index]), crypto, chipId)) continue;
    if (blank) writeOtaEntry(otadata, 0, index + 1, otaState.valid);
    return index;
  }
  throw new Fault("flash", "no-bootable-image", "Neither slot holds an image that the boot loader would start.");
};
