/*
 * npm run test:tls [-- NAME]: the TLS of modules/tls on XS against good and bad servers, those cases whose name contains
 * NAME (default: all).
 */

import { join } from "node:path";
import { buildApp, folder } from "./app.js";
import { makeCases } from "./cases.js";
import { stopServers } from "./servers.js";

const deadlineSeconds = 170;

const filter = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const run = buildApp();
const cases = await makeCases(join(folder, "authority"));
const status = await run(
  cases.filter(({ name }) => name.includes(filter)),
  deadlineSeconds,
);
stopServers();
process.exit(status);
