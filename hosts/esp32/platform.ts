/*
 * The module "nerveshub/hosts/platform/platform" of an ESP32. Its import goes through the folder's name, since modules are
 * found by the name of the importing module.
 */

export { createPlatform } from "../esp32/esp32-platform.js";
