/*
 * npm run test:field: every power cut of the first start of a release after another one. Ends 3 where ce69a67 cannot be
 * built: outside a checkout, or in a shallow clone.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { lacking, ROOT } from "../../tools/xs/sdk.js";
import { fieldCommit, pastRelease } from "./past-release.js";

const past = await pastRelease(fieldCommit);
if (typeof past === "string") lacking(`test:field needs git and commit ${fieldCommit}: ${past}`);
const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
const { status } = spawnSync(
  process.execPath,
  [mocha, "--no-config", "--timeout", "600000", "dist/test/field/*.field.js"],
  { cwd: ROOT, stdio: "inherit" },
);
process.exit(status ?? 1);
