/*
 * node tools/run.mjs [PROGRAM [ARGUMENTS]]: brings dist/ up to date, then becomes PROGRAM, a path below dist/.
 *
 * Programs of dist/ may be running meanwhile and read further modules when they need them. So a build writes only what
 * changed, removes only what has no source any more, and never runs beside another one: eight devices started 0.7 s apart
 * once lost three to a build that wrote everything anew.
 *
 * One process, and no `build && node …` in a shell: a shell does not pass SIGTERM on.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundlePage } from "./hub/page/bundle.mjs";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
const lock = join(dist, ".lock");
const lockPollMs = 50;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function takeLock() {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    // Empty for the moment between making and writing it: process 0 is "alive".
    const holder = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
    if (isAlive(holder)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockPollMs);
    else rmSync(lock, { force: true });
  }
}

function compile() {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(compiler)) {
    console.error("The TypeScript compiler is not installed: run npm ci first.");
    return 1;
  }
  // Beside what it describes, so that whoever removes dist/ removes both.
  const incremental = ["--incremental", "--tsBuildInfoFile", join(dist, ".tsbuildinfo")];
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json", ...incremental], {
    cwd: root,
    stdio: "inherit",
  });
  return status ?? 1;
}

/** Made of other files, by `npm run prepare` and for the hub's page. */
const made = /^(mcpack|xs)\b|^tools\/hub\/page\/web\./;

/** A suite whose source is gone would still be run. What a package adds (C, manifests, typings) has its source's name. */
function removeOrphans() {
  for (const path of readdirSync(dist, { recursive: true })) {
    if (path.startsWith(".") || made.test(path) || statSync(join(dist, path)).isDirectory()) continue;
    const source = path.replace(/\.(js|js\.map|d\.ts)$/, ".ts");
    if (!existsSync(join(root, source)) && !existsSync(join(root, path))) rmSync(join(dist, path));
  }
}

/** npm makes the commands executable when it installs the package, and the compiler makes new files that are not. */
function makeExecutable() {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const path of Object.values(bin)) chmodSync(join(root, path), 0o755);
}

async function build() {
  mkdirSync(dist, { recursive: true });
  takeLock();
  try {
    const status = compile();
    if (status !== 0) return status;
    removeOrphans();
    makeExecutable();
    await bundlePage(root);
    return 0;
  } finally {
    rmSync(lock, { force: true });
  }
}

const [program, ...args] = process.argv.slice(2);
const status = await build();
if (status !== 0) process.exit(status);
if (program !== undefined) {
  const path = join(dist, program);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
}
