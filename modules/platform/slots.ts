/*
 * Slots: the two OTA partitions that hold application images, and which of them starts next.
 *
 * Types only. The semantics are those of ESP-IDF's OTA with rollback (esp_ota_ops.h): a slot that was activated starts
 * on trial; it must be confirmed, or the next restart goes back to the other slot.
 *
 * The rule it guards: flash is written only where it was erased. Only `erase` and `write` change the flash of a slot, and
 * both work on the inactive slot alone.
 */

/** A slot that can be read. */
export interface Slot {
  /** Partition label, for people: "ota_0". */
  readonly label: string;
  /** Bytes. */
  readonly size: number;
  /** Fills `into` from `offset`. @throws Fault of stage "flash" beyond the end or on a hardware error. */
  read(offset: number, into: Uint8Array): void;
}

export interface WritableSlot extends Slot {
  /** Smallest unit of `erase`, in bytes (4096 on NOR flash). */
  readonly eraseSize: number;
  /** Unit that is erased faster as a whole, in bytes (65536 on NOR flash); a multiple of `eraseSize`. */
  readonly eraseBlockSize: number;
  /** Unit of `write`: offsets and lengths are multiples of it (16 with flash encryption). */
  readonly writeSize: number;
  /** Sets [offset, offset + length) to 0xFF; both multiples of `eraseSize`. */
  erase(offset: number, length: number): void;
  /** Writes to erased flash. `offset` and `bytes.byteLength` are multiples of `writeSize`. */
  write(offset: number, bytes: Uint8Array): void;
}

/** The state of the running image in the boot loader's data. */
export type TrialState =
  /** Confirmed, or never updated: a restart starts it again. */
  | "confirmed"
  /** On trial: unless confirmed, the next restart goes back to the other slot. */
  | "pending";

export interface Slots {
  readonly running: Slot;
  /** Undefined where the partition table has no second slot: updates are then refused with that reason. */
  readonly inactive: WritableSlot | undefined;
  /** State of the running image. */
  readonly trial: TrialState;
  /** True when the image in the inactive slot was tried and reverted (or aborted by the boot loader). */
  readonly reverted: boolean;
  /**
   * False where the running image was built for a boot loader without rollback: the next image then gets no trial. Absent
   * means true.
   */
  readonly rollback?: boolean;
  /**
   * True during a trial that the boot loader has not marked in its data: the boot loader has no rollback, whatever the
   * image was built for, and only the image itself can go back. False when the boot loader has marked the trial. Absent or
   * undefined without a trial: nothing is known.
   */
  readonly unmarked?: boolean | undefined;
  /** True while no image was ever activated here: the running image came by cable. Absent means false. */
  readonly fresh?: boolean;
  /**
   * Makes the boot loader's data name the running slot, as confirmed, so that a trial of the other slot has a way back.
   * `activate` does this too; who activates by other means calls `anchor` first.
   * @throws Fault during a trial
   */
  anchor(): void;
  /**
   * Makes the inactive slot start at the next restart, on trial.
   * @throws Fault for an image that the boot loader would not start
   */
  activate(): void;
  /** Ends the trial of the running image, which stays. */
  confirm(): void;
  /** Ends the trial of the running image: the other slot starts at the next restart, which the caller makes. */
  revert(): void;
}
