/*
 * FlashSlots: the two slots of a device over a modelled flash, with the behaviour of ESP-IDF's esp_ota_ops.c.
 *
 * The rules it guards: a slot is activated only when its image verifies from flash, and while the running image is on
 * trial the other slot, which is the way back, can be neither erased, nor written, nor activated
 * (ESP_ERR_OTA_ROLLBACK_INVALID_STATE).
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Slot, Slots, TrialState, WritableSlot } from "../../modules/platform/slots.js";
import { type BootOptions, isBootable, type SlotIndex, verifyBootable } from "./boot-loader.js";
import { blockSize, type Flash, sectorSize } from "./flash.js";
import {
  activeEntry,
  eraseOtaEntry,
  isOut,
  isWritten,
  otaState,
  readOtaData,
  slotOf,
  writeOtaEntry,
} from "./ota-data.js";
import { openPartition, type Partition } from "./partition-table.js";

class PartitionSlot implements Slot {
  readonly label: string;
  readonly size: number;
  protected readonly _partition: Flash;

  constructor(flash: Flash, partition: Partition) {
    this.label = partition.label;
    this.size = partition.size;
    this._partition = openPartition(flash, partition);
  }

  read(offset: number, into: Uint8Array): void {
    this._partition.read(offset, into);
  }
}

class WritablePartitionSlot extends PartitionSlot implements WritableSlot {
  readonly eraseSize = sectorSize;
  readonly eraseBlockSize = blockSize;
  readonly writeSize: number;
  private readonly _owner: FlashSlots;

  constructor(flash: Flash, partition: Partition, owner: FlashSlots) {
    super(flash, partition);
    this.writeSize = flash.writeSize;
    this._owner = owner;
  }

  erase(offset: number, length: number): void {
    this._owner.checkChangeable();
    this._owner.forgetInactive();
    this._partition.erase(offset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this._owner.checkChangeable();
    this._partition.write(offset, bytes);
  }
}

/** The options that the running image was built with. */
export interface SlotsOptions {
  /** CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE; default true. When false, ESP-IDF activates an image without a trial. */
  rollback?: boolean;
}

export class FlashSlots implements Slots {
  readonly running: Slot;
  readonly inactive: WritableSlot;
  readonly rollback: boolean;
  readonly unmarked: boolean | undefined;
  private readonly _options: BootOptions;
  private readonly _otadata: Flash;
  private readonly _runningIndex: SlotIndex;
  private readonly _inactiveIndex: SlotIndex;
  /** Kept here, since the state in otadata only changes through this object until the next start makes a new one. */
  private _trial: TrialState;

  /** @param running what `boot` returned */
  constructor(options: BootOptions, running: SlotIndex, { rollback = true }: SlotsOptions = {}) {
    this.rollback = rollback;
    this._options = options;
    this._runningIndex = running;
    this._inactiveIndex = running === 0 ? 1 : 0;
    this._otadata = openPartition(options.flash, options.table.otadata);
    this.running = new PartitionSlot(options.flash, options.table.slots[this._runningIndex]);
    this.inactive = new WritablePartitionSlot(options.flash, options.table.slots[this._inactiveIndex], this);
    const state = this._stateOf(this._runningIndex);
    const onTrial = state === otaState.pendingVerify || state === otaState.new;
    this._trial = onTrial ? "pending" : "confirmed";
    this.unmarked = onTrial ? state === otaState.new : undefined;
  }

  get trial(): TrialState {
    return this._trial;
  }

  /** Sequence 1 is the boot loader's own first entry. */
  get fresh(): boolean {
    return !readOtaData(this._otadata).some((entry) => isWritten(entry) && entry.sequence > 1);
  }

  /** esp_ota_get_last_invalid_partition. False again once the image in the slot is overwritten. */
  get reverted(): boolean {
    const given = readOtaData(this._otadata).filter((entry) => isWritten(entry) && isOut(entry));
    if (!given.some((entry) => slotOf(entry) === this._inactiveIndex)) return false;
    return isBootable(this._inactivePartition(), this._options.crypto, this._options.chipId);
  }

  /**
   * A power cut during the very first start leaves no valid entry. After a failed trial there would be none either, and
   * ESP-IDF would refuse the revert and start ota_0, whatever is in it.
   *
   * @throws Fault of stage "trial": "trial-running"
   */
  anchor(): void {
    this.checkChangeable();
    const entries = readOtaData(this._otadata);
    const active = activeEntry(entries);
    const named = active >= 0 && slotOf(entries[active]) === this._runningIndex;
    if (!named) this._select(this._runningIndex, otaState.valid);
  }

  /** @throws Fault of stage "trial": "trial-running", and a Fault of stage "image" for an image that the boot loader would not start */
  activate(): void {
    this.anchor();
    this.setBootPartition();
  }

  /** esp_ota_set_boot_partition for the inactive slot. @throws Fault of stage "image" */
  setBootPartition(): void {
    verifyBootable(this._inactivePartition(), this._options.crypto, this._options.chipId);
    this._select(this._inactiveIndex, this.rollback ? otaState.new : otaState.undefined);
  }

  /** esp_ota_mark_app_valid_cancel_rollback. Does nothing without a trial. @throws Fault of stage "trial": "trial-given-up" */
  confirm(): void {
    if (this._trial === "confirmed") return;
    const entries = readOtaData(this._otadata);
    const active = activeEntry(entries);
    if (active < 0 || slotOf(entries[active]) !== this._runningIndex) {
      throw new Fault("trial", "trial-given-up", "The running image was reverted already; it cannot be confirmed.");
    }
    writeOtaEntry(this._otadata, active, entries[active].sequence, otaState.valid);
    this._trial = "confirmed";
  }

  /**
   * esp_ota_mark_app_invalid_rollback. Does nothing when the other slot starts next anyway.
   *
   * @throws Fault of stage "trial": "revert-impossible" when the other slot holds no image to go back to
   */
  revert(): void {
    const entries = readOtaData(this._otadata);
    const active = activeEntry(entries);
    if (active >= 0 && slotOf(entries[active]) !== this._runningIndex) return;
    const other = entries[1 - active];
    const { crypto, chipId } = this._options;
    if (active < 0 || isOut(other) || !isWritten(other) || !isBootable(this._inactivePartition(), crypto, chipId)) {
      throw new Fault(
        "trial",
        "revert-impossible",
        "The other slot holds no image that could run instead of this one.",
      );
    }
    writeOtaEntry(this._otadata, active, entries[active].sequence, otaState.invalid);
  }

  /** @throws Fault of stage "trial": "trial-running" */
  checkChangeable(): void {
    if (this._trial === "pending") {
      throw new Fault(
        "trial",
        "trial-running",
        "The running image is still on trial, and the other slot is its way back; confirm it first.",
      );
    }
  }

  /**
   * esp_ota_invalidate_inactive_ota_data_slot, which esp_ota_begin calls: erases the entry of a slot before the slot is
   * overwritten, so that no rollback can choose it.
   */
  forgetInactive(): void {
    const entries = readOtaData(this._otadata);
    const active = activeEntry(entries);
    if (active < 0) return;
    const other = 1 - active;
    if (isWritten(entries[other]) && slotOf(entries[other]) !== this._runningIndex) eraseOtaEntry(this._otadata, other);
  }

  private _inactivePartition(): Flash {
    return openPartition(this._options.flash, this._options.table.slots[this._inactiveIndex]);
  }

  /** esp_ota_get_state_partition */
  private _stateOf(slot: SlotIndex): number | undefined {
    return readOtaData(this._otadata).find((entry) => isWritten(entry) && slotOf(entry) === slot)?.state;
  }

  /** esp_rewrite_ota_data: writes the entry that is not active, or the active one when it is for `slot` already. */
  private _select(slot: SlotIndex, state: number): void {
    const entries = readOtaData(this._otadata);
    const active = activeEntry(entries);
    if (active < 0) writeOtaEntry(this._otadata, 0, slot + 1, state);
    else if (slotOf(entries[active]) === slot) writeOtaEntry(this._otadata, active, entries[active].sequence, state);
    else writeOtaEntry(this._otadata, 1 - active, entries[active].sequence + 1, state);
  }
}
