/*
 * The module "nerveshub/hosts/platform/platform" of an ESP32. Its import names the folder ("../esp32/…"), since XS resolves
 * it against this module's name and not its path.
 */

export { createPlatform } from "../esp32/esp32-platform.js";
