/*
 * The module "nerveshub/features/local-shell": a second terminal on the device's page.
 */

export { LocalShell } from "../src/features/local-shell/local-shell.js";
