/*
 * The part of `npm run bench` that runs on XS: builds bench/xs into one app, and prints the app's figures. Ends with status 3
 * without an SDK.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildLoader, startProduct } from "./loader.js";
import { findSdk, mcconfig, ROOT } from "./sdk.js";
import { writeSuiteApp } from "./suites.js";

const deadlineSeconds = 600;

const sdk = findSdk();
const loader = buildLoader(sdk);
const types = spawnSync(process.execPath, [join(ROOT, "tools/xs/types.mjs"), "--emit"], { cwd: ROOT, stdio: "ignore" });
if (types.status !== 0) process.exit(1);
const product = mcconfig(sdk, {
  manifest: writeSuiteApp("bench", ["bench/xs/engine"]),
  name: "bench",
  platform: "lin",
});
const environment = { ...process.env, NERVESHUB_FIXTURES: join(ROOT, "test/fixtures") };
const show = (line: string): void => {
  if (line.trim().startsWith("{")) console.log(line.trim());
  else if (line.includes("FAILED") || line.includes("gave up")) console.error(line);
};
process.exit(await startProduct(loader, product.folder, deadlineSeconds, environment, show).ended);
