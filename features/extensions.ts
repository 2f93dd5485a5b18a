/*
 * The module "nerveshub/features/extensions": extensions of the application's own.
 */

export type { Attachment, Extension } from "../src/features/extensions/extension.js";
export { Extensions } from "../src/features/extensions/extensions.js";
