/*
 * The module "nerveshub/features/scripts": support scripts, run line by line through the commands.
 */

export { Scripts } from "../src/features/scripts/scripts.js";
