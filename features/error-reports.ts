/*
 * The module "nerveshub/features/error-reports": errors and crashes, with their stacks.
 */

export { type ErrorContext, ErrorReports } from "../src/features/error-reports/error-reports.js";
