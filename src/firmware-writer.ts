/*
 * FirmwareWriter: where an application takes an update itself instead of leaving it to the host's slots.
 *
 * The order is fixed: begin, write…, then finish or abort. `finish` comes only after the bytes were checked against the
 * server's size and checksum; `confirm` only after the server accepted the join of the new image.
 */

import type { Update } from "./client.js";

export interface FirmwareWriter {
  /**
   * @param size bytes to come, or undefined when the server did not say
   * @throws anything, to refuse the update before a byte is lost; its message becomes the reason
   */
  begin(size: number | undefined, update: Update): void;
  /** `chunk` is a view that is valid during the call only. */
  write(chunk: Uint8Array): void;
  /** All bytes are there and verified: make the new firmware start at the next restart. */
  finish(): void;
  /** Nothing more will come; forget what was written. */
  abort(): void;
  /** The running firmware is good. */
  confirm?(): void;
}
