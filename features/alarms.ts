/*
 * The module "nerveshub/features/alarms": conditions that hold until they are cleared.
 */

export { Alarms } from "../src/features/alarms/alarms.js";
