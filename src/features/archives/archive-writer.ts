/*
 * ArchiveWriter: takes an archive for the application. The link downloads it and checks its size. The application checks the
 * archive's signature (by fwup) before it uses the archive.
 */

import type { FileWriter } from "../firmware-writer/file-writer.js";
import type { Archive } from "./archive.js";

export interface ArchiveWriter extends FileWriter {
  /** @throws any error, to refuse the archive */
  begin(archive: Archive): void | Promise<void>;
  /** All bytes were written. After this call is done, the archive is not downloaded again. */
  finish(): void | Promise<void>;
}
