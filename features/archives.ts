/*
 * The module "nerveshub/features/archives": files that the server sends to the application.
 */

export type { Archive } from "../src/features/archives/archive.js";
export type { ArchiveWriter } from "../src/features/archives/archive-writer.js";
export { Archives, type ArchivesOptions } from "../src/features/archives/archives.js";
