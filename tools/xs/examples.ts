/*
 * npm run check:examples: builds every app of examples/ the way its reader would, each in an empty folder outside the
 * repository, and runs it until it starts connecting. A module that was forgotten in a manifest, or in the package, shows here.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
}

function rewrite(app: string, change: (manifest: { include: unknown[] }) => void): void {
  const path = join(app, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

const examples: Example[] = [
  {
    name: "by-path",
    install: (app) => rewrite(app, (manifest) => manifest.include.splice(1, 1, join(ROOT, "manifest_link.json"))),
  },
  {
    name: "by-git",
    install: (app) =>
      rewrite(app, (manifest) => {
        manifest.include.splice(1, 1, { git: `file://${ROOT}/.git`, manifest: "manifest_link.json" });
      }),
  },
  {
    name: "node-modules",
    install: (app) => {
      const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", app], {
        cwd: ROOT,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const home = join(app, "node_modules", packageName);
      mkdirSync(home, { recursive: true });
      execFileSync("tar", ["-xzf", join(app, packed.trim().split("\n").pop()!), "--strip-components=1", "-C", home]);
    },
  },
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
for (const { name, install } of examples) {
  const app = join(folder, name);
  cpSync(join(ROOT, "examples", name), app, { recursive: true });
  install(app);
  const build = { manifest: join(app, "manifest.json"), name: `nerveshub-${name}`, platform: "lin", config };
  const failure = await run(mcconfig(sdk, build).folder, app);
  if (failure !== undefined) failed++;
  console.log(`${name}: ${failure === undefined ? "builds and connects" : `FAILED: ${failure}`}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${examples.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
