/*
 * npm run check:examples: builds every app of examples/ as its reader would, each in an empty folder outside the repository,
 * and runs it until it starts connecting. It fails for a module that a manifest or the package lacks.
 * Then it checks the order of includes, and modules that an app uses and does not include (inclusion.ts).
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { exampleApps, placeExample } from "./example-apps.js";
import { checkInclusion } from "./inclusion.js";
import { buildLoader, startProduct } from "./loader.js";
import { findSdk, mcconfig } from "./sdk.js";

const deadlineSeconds = 20;
/** Well-formed settings of a hub and a key that do not exist. */
const config = ["host=127.0.0.1", "shared-key=nhp_example", "shared-secret=c2VjcmV0"];

const sdk = findSdk();
const loader = buildLoader(sdk);
const folder = mkdtempSync(join(tmpdir(), "nerveshub-examples-"));

const withMcconfig = (app: string): string => {
  const name = `nerveshub-${basename(app)}`;
  return mcconfig(sdk, { manifest: join(app, "manifest.json"), name, platform: "lin", config }).folder;
};

/** Builds with mcpack into an empty folder, since mcpack ends with status 0 also when it has failed: the product tells. */
function withMcpack(app: string): string {
  const output = join(app, "output");
  mkdirSync(output);
  const options = ["mcconfig", "-m", "-p", "lin", "-t", "build", "-o", output, ...config];
  const run = spawnSync("mcpack", options, { cwd: app, env: sdk.environment, encoding: "utf8" });
  const product = join(output, "bin/lin/mc/release", `nerveshub-${basename(app)}`);
  const said = `${run.stdout}${run.stderr}`;
  if (!existsSync(join(product, "mc.so")) || /error\(s\)/.test(said)) {
    console.error(said);
    process.exit(1);
  }
  return product;
}

/** @returns undefined when the app starts connecting */
async function run(product: string, app: string): Promise<string | undefined> {
  const lines: string[] = [];
  let connecting = false;
  const environment = { ...process.env, NERVESHUB_FLASH: join(app, "flash.bin") };
  const device = startProduct(loader, product, deadlineSeconds, environment, (line) => {
    lines.push(line);
    if (!line.includes("Connecting to")) return;
    connecting = true;
    device.stop();
  });
  const status = await device.ended;
  return connecting ? undefined : `ended with ${status}\n${lines.join("\n")}`;
}

let failed = 0;
for (const example of exampleApps) {
  const app = placeExample(example, folder);
  const failure = await run(example.packed ? withMcpack(app) : withMcconfig(app), app);
  if (failure !== undefined) failed++;
  console.log(`${example.name}: ${failure === undefined ? "builds and connects" : `FAILED: ${failure}`}`);
}
const faults = checkInclusion(sdk, folder);
for (const fault of faults) console.log(fault);
console.log(`inclusion: ${faults.length === 0 ? "as it must be" : "FAILED"}`);
rmSync(folder, { recursive: true, force: true });
console.log(`${exampleApps.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || faults.length > 0 ? 1 : 0);
