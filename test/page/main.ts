/*
 * npm run test:page: the desk hub's page in a real Chromium. Ends 3 where there is none.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { lacking, ROOT } from "../../tools/xs/sdk.js";
import { chromium } from "./browser.js";

if (chromium() === undefined)
  lacking("test:page needs Chromium (Debian: apt install chromium), or its path in CHROMIUM");
const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
const { status } = spawnSync(
  process.execPath,
  [mocha, "--no-config", "--timeout", "120000", "dist/test/page/*.page.js"],
  { cwd: ROOT, stdio: "inherit" },
);
process.exit(status ?? 1);
