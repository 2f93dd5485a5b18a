/*
 * The module "nerveshub/features/extensions": extensions that the application writes itself.
 */

export type { Attachment, Extension } from "../src/features/extensions/extension.js";
export { Extensions } from "../src/features/extensions/extensions.js";
