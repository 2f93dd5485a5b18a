/*
 * The module "nerveshub/features/ota-writer": updates that the SDK's own module `ota` writes.
 */

export { OtaWriter } from "../src/features/ota-writer/ota-writer.js";
