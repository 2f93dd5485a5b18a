/*
 * The module "nerveshub/features/logging": sends the log to the server.
 */

export { Logging, type LoggingOptions } from "../src/features/logging/logging.js";
