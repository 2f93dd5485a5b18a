/*
 * The module "nerveshub/features/metrics": readings over time, kept while there is no connection.
 */

export { Metrics, type MetricsOptions } from "../src/features/metrics/metrics.js";
