/*
 * The module "nerveshub/hosts/platform/platform" of the simulator. Its import goes through the folder's name, since modules
 * are found by the name of the importing module.
 */

export { createPlatform } from "../simulator/simulator-platform.js";
