/*
 * npm run test:xs [-- [-d | -i] [NAME]]: builds the suites whose path contains NAME (default: all) into one XS app, runs
 * it with the headless loader, and passes its status on. "-d" gives line numbers in stacks. Then the prompt (prompt.ts), or
 * with NAME "prompt" that alone.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildLoader, startProduct } from "./loader.js";
import { startPeer } from "./peer.js";
import { testPrompt } from "./prompt.js";
import { findSdk, mcconfig, ROOT } from "./sdk.js";
import { measuresHeap, moduleOf, suiteNames, writeSuiteApp } from "./suites.js";
import { startTimeServers } from "./time-servers.js";
import { startTlsPeer } from "./tls-peer.js";

/** Bound on one run of the app. */
const deadlineSeconds = 600;

const kind = process.argv.find((argument) => argument === "-d" || argument === "-i");
const filter = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";

const sdk = findSdk();
const loader = buildLoader(sdk);
const types = spawnSync(process.execPath, [join(ROOT, "tools/xs/types.mjs"), "--emit"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (types.status !== 0) process.exit(1);

/** @returns the status of the suites' app */
async function runSuites(): Promise<number> {
  const names = suiteNames(filter);
  const alone = names.filter(measuresHeap);
  const together = names.filter((suite) => !measuresHeap(suite));
  const product = mcconfig(sdk, {
    manifest: writeSuiteApp("suites", names, together),
    name: "suites",
    platform: "lin",
    kind,
  });
  const { port, server } = await startPeer();
  const timeServers = await startTimeServers();
  const tls = await startTlsPeer();
  const environment = {
    ...process.env,
    NERVESHUB_FIXTURES: join(ROOT, "test/fixtures"),
    NERVESHUB_PEER: String(port),
    NERVESHUB_TIME_SERVERS: timeServers.ports.join(","),
    NERVESHUB_TLS_PEER: String(tls.port),
    NERVESHUB_TLS_CERTIFICATE: tls.certificate,
  };
  let status = 0;
  for (const suite of [...(together.length > 0 ? [undefined] : []), ...alone]) {
    const chosen = suite === undefined ? environment : { ...environment, NERVESHUB_SUITE: moduleOf(suite) };
    status ||= await startProduct(loader, product.folder, deadlineSeconds, chosen, console.log).ended;
  }
  server.close();
  timeServers.close();
  tls.server.close();
  if (product.warnings.length > 0) console.log(`failed: ${product.warnings.length} linker warnings, printed above`);
  return status === 0 && product.warnings.length > 0 ? 1 : status;
}

let status = filter === "prompt" ? 0 : await runSuites();
if (filter === "" || filter === "prompt") {
  const { passed, failed } = await testPrompt(sdk, loader);
  console.log(`the prompt: ${passed} passed, ${failed} failed`);
  if (failed > 0) status ||= 1;
}
process.exit(status);
