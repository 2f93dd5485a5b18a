/*
 * npm run test:interop: the suites against tools of others, which it installs from PyPI below the system's folder for
 * temporary files. Ends 3 where one of them cannot be had: a run without its other side proves nothing.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { lacking, ROOT } from "../../tools/xs/sdk.js";
import { pythonTool, tools } from "./python-tool.js";

const names = Object.keys(tools) as (keyof typeof tools)[];
if (names.some((name) => pythonTool(name) === undefined))
  lacking("test:interop needs Python 3 with venv and pip, and PyPI");
const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
const suites = "dist/test/interop/**/*.interop.js";
const { status } = spawnSync(process.execPath, [mocha, "--no-config", "--timeout", "300000", suites], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
