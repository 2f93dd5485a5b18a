/*
 * UpdateTarget: takes the bytes of an update. It is SlotTarget, unless the application passes another one as `target`
 * (src/features/firmware-writer, src/features/ota-writer).
 *
 * Flash is synchronous, so long work is cut into slices: `drain` and `verify` are called until they return true, with the event
 * loop in between, so that heartbeats and frames are served while flash is busy. Only the target of an application's writer
 * returns promises.
 */

import type { Platform } from "../../modules/platform/platform.js";
import type { ImageTrust } from "../feature.js";
import type { Log } from "../log/log.js";
import type { OfferedFile } from "./offer.js";

/** The part of a Core that a target needs. */
export interface TargetCore {
  readonly platform: Platform;
  readonly log: Log;
  readonly trust: ImageTrust;
}

export interface UpdateTarget {
  /** True for an application's target that writes the platform's slots: Protection then applies to its updates too. */
  readonly writesSlots?: boolean;
  /** Called once, while the link is constructed, on an application's target. */
  install?(core: TargetCore): void;
  /**
   * Prepares for an offer, before anything is lost, and sets `position` to the offset from which the file must be downloaded:
   * 0, or the offset that an earlier run reached.
   * @throws Fault when the update cannot be taken; a promise rejects with it
   */
  begin(offer: OfferedFile): void | Promise<void>;
  /** Bytes of the file that were taken. No other object keeps the position of a download. */
  readonly position: number;
  /**
   * Asked before a server's answer from the file's start replaces what was taken.
   * @throws Fault of stage "image" when no file can begin with these bytes
   */
  begins?(bytes: Uint8Array): void;
  /** Takes the next bytes of the file. @returns false when `drain` must finish before the next `write` */
  write(bytes: Uint8Array): boolean;
  /**
   * Does a slice of the work that `write` left.
   * @returns true when all is done; false when there is more to do; a promise that must fulfil before the next call
   */
  drain(): boolean | Promise<void>;
  /**
   * Goes back to the offset `from` of the file or, if the target must, to an earlier one, which `position` then tells. After an
   * earlier one the download continues to the end of the file.
   * @param to offset at which the download will end; undefined: the end of the file
   */
  rewind(from: number, to: number | undefined): void;
  /**
   * Verifies a slice of what was written, after the last byte of the file.
   * @returns true when all is verified; false when there is more to do; the range of a part that must be downloaded again
   * @throws Fault when the update is wrong as a whole
   */
  verify(): boolean | { readonly from: number; readonly to: number };
  /** Makes the verified image start at the next restart. @throws Fault when that fails; a promise rejects with it */
  activate(): void | Promise<void>;
  /** Ends an update that failed. @param keep whether its progress is kept for a later `begin` */
  abort(keep: boolean): void;
  /** The server has accepted the new firmware. */
  confirm?(): void;
}
