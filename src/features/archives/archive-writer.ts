/*
 * ArchiveWriter: takes an archive for the application. The link downloads it and checks its size. The application checks the
 * archive's signature (by fwup) before it uses the archive.
 *
 * When a call is done, and how a call refuses, is as for a FirmwareWriter.
 */

import type { Archive } from "./archive.js";

export interface ArchiveWriter {
  /** @throws any error, to refuse the archive */
  begin(archive: Archive): void | Promise<void>;
  /** `chunk` is a view that is valid until the call is done. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All bytes were written. After this call is done, the archive is not downloaded again. */
  finish(): void | Promise<void>;
  /** No more bytes follow: discard what was written. A later `begin` starts anew. */
  abort(): void | Promise<void>;
}
