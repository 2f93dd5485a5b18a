/*
 * FirmwareWriter: an application's own writer of updates, in place of the platform's slots.
 *
 * The order of calls, and when a call is done or refuses, is as for every FileWriter. `finish` is called only after the bytes
 * were checked against the server's size and checksum, `confirm` only after the server accepted the join of the new image.
 *
 * The rule it guards: an update that a call refused never restarts the device. A failing `confirm` is only logged.
 */

import type { Crypto } from "../../../modules/platform/crypto.js";
import type { Slots } from "../../../modules/platform/slots.js";
import type { Update } from "../../client.js";
import type { ImageTrust } from "../../feature.js";
import type { FileWriter } from "./file-writer.js";

/** What a writer of ESP-IDF images needs to check them. */
export interface ImageContext {
  readonly crypto: Crypto;
  readonly slots: Slots;
  readonly trust: ImageTrust;
}

export interface FirmwareWriter extends FileWriter {
  /**
   * True for a writer that writes the platform's slots: src/update/protection.ts then applies to its updates too. Absent: the
   * writer alone is responsible for its updates.
   */
  readonly writesSlots?: boolean;
  /**
   * @param size bytes of the file; undefined when the server did not tell
   * @throws any error, to refuse the update before anything is downloaded
   */
  begin(size: number | undefined, update: Update, context: ImageContext): void | Promise<void>;
  /** All bytes were written and verified: make the new firmware start at the next restart. */
  finish(): void | Promise<void>;
  /** The running firmware is confirmed. */
  confirm?(): void | Promise<void>;
}
