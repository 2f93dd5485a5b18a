/*
 * otadata: the two entries, one per sector, that tell ESP-IDF's boot loader which slot to start.
 *
 * Source: ESP-IDF, esp_ota_select_entry_t in bootloader_support/include/esp_flash_partitions.h and the rules in
 * bootloader_common_loader.c. The entry with the higher sequence is the active one, and (sequence − 1) mod 2 is its slot.
 * The CRC covers the sequence alone, so a torn state goes unnoticed, on a device too; no state makes an unverified slot
 * start.
 */

import { crc32 } from "../../modules/ota/crc32.js";
import { type Flash, sectorSize } from "./flash.js";

/** esp_ota_img_states_t */
export const otaState = Object.freeze({
  /** Activated; the boot loader makes it `pendingVerify` when it starts the image. */
  new: 0,
  /** On trial; the boot loader makes it `aborted` at the next boot. */
  pendingVerify: 1,
  valid: 2,
  /** Reverted by the application. */
  invalid: 3,
  /** The device restarted before the image was confirmed. */
  aborted: 4,
  undefined: 0xffffffff,
} as const);

export interface OtaEntry {
  /** ota_seq; 0xFFFFFFFF in an erased entry. */
  sequence: number;
  /** ota_state, one of `otaState` unless a write was torn. */
  state: number;
  crc: number;
}

export type OtaEntries = [OtaEntry, OtaEntry];

const entrySize = 32;
const blankSequence = 0xffffffff;

const sequenceCrc = (sequence: number): number => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, sequence, true);
  return crc32(bytes, 0xffffffff);
};

/** Both entries as they are in flash, valid or not. */
export const readOtaData = (otadata: Flash): OtaEntries => {
  const read = (index: number): OtaEntry => {
    const bytes = new Uint8Array(entrySize);
    otadata.read(index * sectorSize, bytes);
    const view = new DataView(bytes.buffer);
    return { sequence: view.getUint32(0, true), state: view.getUint32(24, true), crc: view.getUint32(28, true) };
  };
  return [read(0), read(1)];
};

export const eraseOtaEntry = (otadata: Flash, index: number): void => {
  otadata.erase(index * sectorSize, sectorSize);
};

/** Erases the entry's sector and writes the entry. Between these two operations the other entry decides. */
export const writeOtaEntry = (otadata: Flash, index: number, sequence: number, state: number): void => {
  const bytes = new Uint8Array(entrySize).fill(0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence, true);
  view.setUint32(24, state, true);
  view.setUint32(28, sequenceCrc(sequence), true);
  eraseOtaEntry(otadata, index);
  otadata.write(index * sectorSize, bytes);
};

/** Whether the entry has a sequence with a valid CRC, in any state. */
export const isWritten = (entry: OtaEntry): boolean => {
  return entry.sequence !== blankSequence && entry.crc === sequenceCrc(entry.sequence);
};

/** bootloader_common_ota_select_invalid: whether the entry is blank, invalid or aborted. */
export const isOut = (entry: OtaEntry): boolean => {
  return entry.sequence === blankSequence || entry.state === otaState.invalid || entry.state === otaState.aborted;
};

/** bootloader_common_get_active_otadata: the index of the active entry, or −1. */
export const activeEntry = (entries: OtaEntries): number => {
  const valid = entries.map((entry) => !isOut(entry) && isWritten(entry));
  if (valid[0] && valid[1]) return entries[0].sequence >= entries[1].sequence ? 0 : 1;
  return valid.indexOf(true);
};

/** The slot that an entry names. */
export const slotOf = (entry: OtaEntry): 0 | 1 => {
  return (entry.sequence - 1) % 2 === 0 ? 0 : 1;
};
