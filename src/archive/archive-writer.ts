/*
 * ArchiveWriter: where an application takes an archive. The link downloads and checks the size; the archive's own
 * signature (fwup's) is the application's to check, before it uses what it got.
 */

import type { Archive } from "../client.js";

export interface ArchiveWriter {
  /** @throws anything, to refuse it */
  begin(archive: Archive): void;
  /** `chunk` is a view that is valid during the call only. */
  write(chunk: Uint8Array): void;
  /** All bytes came. When this returns, the archive is not offered again. */
  finish(): void;
  /** Nothing more will come; forget what was written. A later `begin` starts anew. */
  abort(): void;
}
