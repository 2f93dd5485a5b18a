/*
 * Slots: the two places an application image can be in, and which of them starts next.
 *
 * Types only. The semantics are those of ESP-IDF's OTA with rollback (esp_ota_ops.h): a slot that was activated starts
 * on trial; it must be confirmed, or the next restart goes back to the other one.
 *
 * The rule it guards: flash is written only where it was erased. `erase` and `write` are the only ways to change it, and
 * both work on the inactive slot alone.
 */

/** A readable image place. */
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

/** What the boot loader thinks of the running image. */
export type TrialState =
  /** Confirmed, or never updated: a restart starts it again. */
  | "confirmed"
  /** On trial: unless confirmed, the next restart goes back to the other slot. */
  | "pending";

export interface Slots {
  readonly running: Slot;
  /** Undefined where the partition table has no second slot: updates are then refused with that reason. */
  readonly inactive: WritableSlot | undefined;
  /** Of the running image. */
  readonly trial: TrialState;
  /** True when the image in the inactive slot was tried and reverted (or aborted by the boot loader). */
  readonly reverted: boolean;
  /**
   * False where the running image was built for a boot loader without rollback: the next one then gets no trial. Absent: as
   * true.
   */
  readonly rollback?: boolean;
  /**
   * True during a trial that the boot loader has not marked as one: it has no rollback, whatever the image was built for,
   * and only the image itself goes back. False when it has marked it; absent or undefined: no trial, nothing is known.
   */
  readonly unmarked?: boolean | undefined;
  /** True until an image was activated here: what runs came by cable. Absent: as false. */
  readonly fresh?: boolean;
  /**
   * Makes the boot loader's data name the running image, as confirmed, so that a trial of the other one has a way back. Who
   * activates by other means than `activate`, which does it too, calls it first. Refuses (Fault) during a trial.
   */
  anchor(): void;
  /** Makes the inactive slot start at the next restart, on trial. Refuses (Fault) an image the boot loader would not start. */
  activate(): void;
  /** Ends the trial of the running image: it stays. */
  confirm(): void;
  /** Ends the trial of the running image: the other slot starts at the next restart. The caller then restarts. */
  revert(): void;
}
