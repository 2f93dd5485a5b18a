/*
 * The module "nerveshub/hosts/platform/platform" of the simulator. Its import names the folder ("../simulator/…"), since XS
 * resolves it against this module's name and not its path.
 */

export { createPlatform } from "../simulator/simulator-platform.js";
