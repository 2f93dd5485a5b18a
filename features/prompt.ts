/*
 * The module "nerveshub/features/prompt": JavaScript for operators.
 */

export { Prompt } from "../src/features/prompt/prompt.js";
