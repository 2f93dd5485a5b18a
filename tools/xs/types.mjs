/*
 * Type-checks the files that only XS runs (tsconfig.xs.json) against the SDK's typings, through the link .moddable that it
 * makes. It is part of `npm run check`, which runs before anything is compiled, so it is plain JavaScript. Without an SDK it
 * passes, with a sentence. With "--emit" it also writes the JavaScript to .build/js.
 */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const sdk = process.env.MODDABLE ?? join(homedir(), ".local/share/moddable");
if (!existsSync(join(sdk, "typings/global.d.ts"))) {
  console.log("skipped the type check of what only XS runs: no Moddable SDK (set MODDABLE)");
} else {
  rmSync(".moddable", { force: true });
  symlinkSync(sdk, ".moddable", "dir");
  const options = ["tsc", "-p", "tsconfig.xs.json", ...(process.argv.includes("--emit") ? [] : ["--noEmit"])];
  process.exitCode = spawnSync("npx", options, { stdio: "inherit", shell: process.platform === "win32" }).status ?? 1;
}
