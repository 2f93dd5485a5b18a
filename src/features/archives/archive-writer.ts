/*
 * ArchiveWriter: where an application takes an archive. The link downloads and checks the size; the archive's own
 * signature (fwup's) is the application's to check, before it uses what it got.
 *
 * When a call is done, and what means no, is as for a FirmwareWriter.
 */

import type { Archive } from "./archive.js";

export interface ArchiveWriter {
  /** @throws anything, to refuse it */
  begin(archive: Archive): void | Promise<void>;
  /** `chunk` is a view that is valid until the call is done. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All bytes came. When this is done, the archive is not offered again. */
  finish(): void | Promise<void>;
  /** Nothing more will come; forget what was written. A later `begin` starts anew. */
  abort(): void | Promise<void>;
}
