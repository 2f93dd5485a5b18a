/*
 * FirmwareWriter: where an application takes an update itself instead of leaving it to the host's slots.
 *
 * The order is fixed: begin, write…, then finish or abort, and each call waits for the one before. `finish` comes only after
 * the bytes were checked against the server's size and checksum; `confirm` only after the server accepted the join of the
 * new image.
 *
 * The rule it guards: a call is done when it returns undefined, or when its promise fulfils, with whatever. What it throws
 * or rejects with means no, with its message as the reason; so does anything else that it returns, and a promise that
 * takes longer than a minute. An update of which a call meant no never restarts the device. What `abort` and `confirm` do
 * is only logged.
 */

import type { Crypto } from "../../../modules/platform/crypto.js";
import type { Slots } from "../../../modules/platform/slots.js";
import type { Update } from "../../client.js";
import type { ImageTrust } from "../../feature.js";

/** What an ESP-IDF image is judged by, for a writer of such. */
export interface ImageContext {
  readonly crypto: Crypto;
  readonly slots: Slots;
  readonly trust: ImageTrust;
}

export interface FirmwareWriter {
  /**
   * True for a writer into the host's own slots: what protects those (src/update/protection.ts) then protects its updates as
   * well. Absent: what becomes of an update is the writer's business alone.
   */
  readonly writesSlots?: boolean;
  /**
   * @param size bytes to come, or undefined when the server did not say
   * @throws anything, to refuse the update before a byte is downloaded
   */
  begin(size: number | undefined, update: Update, context: ImageContext): void | Promise<void>;
  /** `chunk` is a view that is valid until the call is done. Nothing is read from the network meanwhile. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All bytes are there and verified: make the new firmware start at the next restart. */
  finish(): void | Promise<void>;
  /** Nothing more will come; forget what was written. */
  abort(): void | Promise<void>;
  /** The running firmware is good. */
  confirm?(): void | Promise<void>;
}
