/*
 * The module "nerveshub/features/console": the terminal on the device's page, and the commands of the device.
 */

export type { Command, CommandCall } from "../src/command.js";
export { Commands, type Evaluate } from "../src/features/console/commands.js";
export { Console } from "../src/features/console/console.js";
