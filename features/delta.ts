/*
 * The module "nerveshub/features/delta": updates that are patches against the running image.
 */

export { Delta } from "../src/features/delta/delta.js";
