/*
 * UpdateTarget: where the bytes of an update go. The platform's slots, unless the application passes another one as `target`
 * (src/features/firmware-writer, src/features/ota-writer).
 *
 * Flash is synchronous. What takes long is cut into slices: `drain` and `verify` are called again, with the event loop in
 * between, until they return true, so that heartbeats and frames are served while flash is busy. Promises there are only
 * where an application's writer made them.
 */

import type { Platform } from "../../modules/platform/platform.js";
import type { ImageTrust } from "../feature.js";
import type { Log } from "../log/log.js";
import type { OfferedFile } from "./offer.js";

/** What a target needs of its link. */
export interface TargetCore {
  readonly platform: Platform;
  readonly log: Log;
  readonly trust: ImageTrust;
}

export interface UpdateTarget {
  /** Of an application's target: it writes the platform's slots, so that what protects those protects its updates too. */
  readonly writesSlots?: boolean;
  /** Once, while the link is made, where it is the application's. */
  install?(core: TargetCore): void;
  /**
   * Makes ready for an offer, before anything is lost.
   * Makes `position` the offset from which the file must be downloaded: 0, or where an earlier run got to.
   * @throws Fault when the update cannot be taken; a promise rejects with it
   */
  begin(offer: OfferedFile): void | Promise<void>;
  /** Bytes of the file taken: the one place that knows where a download stands. */
  readonly position: number;
  /** Takes the next bytes of the file. @returns false when there is work left for `drain` and no more may be written */
  write(bytes: Uint8Array): boolean;
  /**
   * A slice of the work that `write` left.
   * @returns true when all is done; false when there is more to do; a promise that is to be waited for before the next call
   */
  drain(): boolean | Promise<void>;
  /**
   * Takes the target back to an earlier offset of the file, or further: `position` says where to. When further, the
   * download goes on to the end of the file.
   * @param to where the download will end; undefined: at the end of the file
   */
  rewind(from: number, to: number | undefined): void;
  /**
   * A slice of the check of everything as it lies in flash, after the last byte.
   * @returns true when all is verified; false when there is more to do; the offset of a part that must be downloaded again
   * @throws Fault of stage "image" when the whole cannot be right
   */
  verify(): boolean | { readonly from: number; readonly to: number };
  /** Makes what was verified start at the next restart. @throws Fault when it does not; a promise rejects with it */
  activate(): void | Promise<void>;
  /** Lets go of an update that failed for good; an interrupted one is kept for a later `begin`. */
  abort(keep: boolean): void;
  /** The server has accepted the new firmware. */
  confirm?(): void;
}
