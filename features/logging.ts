/*
 * The module "nerveshub/features/logging": the log, on the server.
 */

export { Logging, type LoggingOptions } from "../src/features/logging/logging.js";
