/*
 * Slots of an ESP32: ESP-IDF's two OTA partitions and its rollback states, through the functions of nh-slots.c.
 *
 * The SDK's modules are not used here. `embedded:update` and `ota` start at offset zero each time (no resume), cannot read
 * back, and drop the error code; `embedded:storage/flash` cannot activate. src/features/ota-writer is for an application
 * that wants `ota` all the same.
 *
 * The rule it guards: an esp_err_t never gets lost. Every failure is a Fault that names the action, the place, and the
 * code as ESP-IDF prints it.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Slot, Slots, TrialState, WritableSlot } from "../../modules/platform/slots.js";

const slotLabel = native("nh_slot_label") as (inactive: boolean) => string | undefined;
const slotSize = native("nh_slot_size") as (inactive: boolean) => number;
const slotRead = native("nh_slot_read") as (inactive: boolean, offset: number, into: Uint8Array) => number;
const slotErase = native("nh_slot_erase") as (offset: number, length: number) => number;
const slotWrite = native("nh_slot_write") as (offset: number, bytes: Uint8Array) => number;
const slotAnchor = native("nh_slot_anchor") as () => number;
const slotActivate = native("nh_slot_activate") as () => number;
const slotPending = native("nh_slot_pending") as () => boolean;
const slotReverted = native("nh_slot_reverted") as () => boolean;
const slotUnmarked = native("nh_slot_unmarked") as () => boolean | undefined;
const slotFresh = native("nh_slot_fresh") as () => boolean;
const buildRollback = native("nh_build_rollback") as () => boolean;
const slotConfirm = native("nh_slot_confirm") as () => number;
const slotRevert = native("nh_slot_revert") as () => number;

/** NOR flash of ESP32 modules: 4 KB sectors, 64 KB blocks; 16 bytes is the unit of flash encryption. */
const sectorSize = 4096;
const blockSize = 65536;
const encryptionUnit = 16;

/** esp_err.h and esp_ota_ops.h: the codes that an operator can do something about. */
const ESP_ERR_INVALID_STATE = 0x103;
const ESP_ERR_OTA_VALIDATE_FAILED = 0x1503;
const ESP_ERR_OTA_SMALL_SEC_VER = 0x1504;
const ESP_ERR_OTA_ROLLBACK_FAILED = 0x1505;
const ESP_ERR_OTA_ROLLBACK_INVALID_STATE = 0x1506;

/** @param action the end of a sentence: "Could not …" @throws Fault unless `result` is ESP_OK */
const check = (result: number, action: string): void => {
  switch (result) {
    case 0:
      return;
    case ESP_ERR_INVALID_STATE:
      throw new Fault("flash", "slot-activated", `Could not ${action}: the other slot is already set to start next.`);
    case ESP_ERR_OTA_VALIDATE_FAILED:
      throw new Fault("image", "image-refused", `Could not ${action}: ESP-IDF finds the image in it not bootable.`);
    case ESP_ERR_OTA_SMALL_SEC_VER:
      throw new Fault("image", "secure-version-low", `Could not ${action}: its secure version is below the eFuse's.`);
    case ESP_ERR_OTA_ROLLBACK_FAILED:
      throw new Fault(
        "trial",
        "revert-impossible",
        `Could not ${action}: the other slot holds no image to go back to.`,
      );
    case ESP_ERR_OTA_ROLLBACK_INVALID_STATE:
      throw new Fault(
        "trial",
        "trial-running",
        `Could not ${action}: the running image is on trial, confirm it first.`,
      );
    default:
      throw new Fault("flash", "flash-failed", `Could not ${action}: esp_err_t 0x${result.toString(16)}.`);
  }
};

class RunningSlot implements Slot {
  readonly label = slotLabel(false) ?? "";
  readonly size = slotSize(false);

  read(offset: number, into: Uint8Array): void {
    check(slotRead(false, offset, into), `read ${into.byteLength} bytes at ${offset} of ${this.label}`);
  }
}

class InactiveSlot implements WritableSlot {
  readonly label: string;
  readonly size = slotSize(true);
  readonly eraseSize = sectorSize;
  readonly eraseBlockSize = blockSize;
  readonly writeSize = encryptionUnit;

  constructor(label: string) {
    this.label = label;
  }

  read(offset: number, into: Uint8Array): void {
    check(slotRead(true, offset, into), `read ${into.byteLength} bytes at ${offset} of ${this.label}`);
  }

  erase(offset: number, length: number): void {
    check(slotErase(offset, length), `erase ${length} bytes at ${offset} of ${this.label}`);
  }

  write(offset: number, bytes: Uint8Array): void {
    check(slotWrite(offset, bytes), `write ${bytes.byteLength} bytes at ${offset} of ${this.label}`);
  }
}

export class PartitionSlots implements Slots {
  readonly running: Slot = new RunningSlot();
  readonly inactive: WritableSlot | undefined;
  readonly rollback = buildRollback();

  constructor() {
    const label = slotLabel(true);
    this.inactive = label === undefined ? undefined : new InactiveSlot(label);
  }

  get trial(): TrialState {
    return slotPending() ? "pending" : "confirmed";
  }

  get unmarked(): boolean | undefined {
    return slotUnmarked();
  }

  get fresh(): boolean {
    return slotFresh();
  }

  get reverted(): boolean {
    return slotReverted();
  }

  anchor(): void {
    check(slotAnchor(), `name ${this.running.label} as the way back`);
  }

  activate(): void {
    check(slotActivate(), `activate ${this.inactive?.label ?? "a second slot"}`);
  }

  confirm(): void {
    check(slotConfirm(), `confirm ${this.running.label}`);
  }

  revert(): void {
    check(slotRevert(), `revert ${this.running.label}`);
  }
}
