/*
 * npm run check:examples: builds every app of examples/ the way its reader would, each in an empty folder outside the
 * repository, and runs it until it starts connecting. A module that was forgotten in a manifest, or in the package, shows here.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildLoader, startProduct } from "./loader.js";
import { findSdk, mcconfig, ROOT } from "./sdk.js";

const deadlineSeconds = 20;
const packageName = "nerves-hub-link-moddable";
/** Well-formed, and known to nobody. */
const config = ["host=127.0.0.1", "shared-key=nhp_example", "shared-secret=c2VjcmV0"];

const sdk = findSdk();
const loader = buildLoader(sdk);
const folder = mkdtempSync(join(tmpdir(), "nerveshub-examples-"));

interface Example {
  name: string;
  /** Puts the repository where the app in `app` looks for it. */
  install(app: string): void;
  /** @returns the folder of mc.so */
  build(app: string): string;
}

function rewrite(app: string, change: (manifest: { include: unknown[] }) => void): void {
  const path = join(app, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

const withMcconfig = (app: string): string => {
  const name = `nerveshub-${basename(app)}`;
  return mcconfig(sdk, { manifest: join(app, "manifest.json"), name, platform: "lin", config }).folder;
};

/** mcpack ends with 0 whatever happens: what counts is that the product was not there before. */
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

/** As `npm install` does, from the package that `npm publish` would send. */
function installPackage(app: string): void {
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", app], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const home = join(app, "node_modules", packageName);
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(app, packed.trim().split("\n").pop()!), "--strip-components=1", "-C", home]);
}

const examples: Example[] = [
  {
    name: "by-path",
    install: (app) => rewrite(app, (manifest) => manifest.include.splice(1, 1, join(ROOT, "manifest_link.json"))),
    build: withMcconfig,
  },
  {
    name: "by-git",
    install: (app) =>
      rewrite(app, (manifest) => {
        manifest.include.splice(1, 1, { git: `file://${ROOT}/.git`, manifest: "manifest_link.json" });
      }),
    build: withMcconfig,
  },
  { name: "node-modules", install: installPackage, build: withMcconfig },
  { name: "mcpack", install: installPackage, build: withMcpack },
];

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
for (const { name, install, build } of examples) {
  const app = join(folder, name);
  cpSync(join(ROOT, "examples", name), app, { recursive: true });
  install(app);
  const failure = await run(build(app), app);
  if (failure !== undefined) failed++;
  console.log(`${name}: ${failure === undefined ? "builds and connects" : `FAILED: ${failure}`}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${examples.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
