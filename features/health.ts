/*
 * The module "nerveshub/features/health": what the device reports of its state, and what the application adds to it.
 */

export { Health, type HealthOptions } from "../src/features/health/health.js";
