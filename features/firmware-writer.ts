/*
 * The module "nerveshub/features/firmware-writer": updates that the application writes itself.
 */

export type { FirmwareWriter } from "../src/features/firmware-writer/firmware-writer.js";
export { WriterTarget } from "../src/features/firmware-writer/writer-target.js";
