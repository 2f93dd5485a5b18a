/*
 * The module "nerveshub/features/archives": files for the application.
 */

export type { Archive } from "../src/features/archives/archive.js";
export type { ArchiveWriter } from "../src/features/archives/archive-writer.js";
export { Archives, type ArchivesOptions } from "../src/features/archives/archives.js";
