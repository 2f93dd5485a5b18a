/*
 * The apps of examples/ where their readers would have them: each in a folder of its own outside the repository, with the
 * repository where the app looks for it.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sdk.js";

export const packageName = "nerves-hub-link-moddable";

export interface ExampleApp {
  readonly name: string;
  /** Built with mcpack from its package.json, and not with mcconfig from its manifest.json. */
  readonly packed?: true;
  /** Puts the repository where the app in `app` looks for it. */
  install(app: string): void;
}

function rewrite(app: string, change: (manifest: { include: unknown[] }) => void): void {
  const path = join(app, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

/** As `npm install` does, from the package that `npm publish` would send. */
export function installPackage(app: string): void {
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", app], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const home = join(app, "node_modules", packageName);
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(app, packed.trim().split("\n").pop()!), "--strip-components=1", "-C", home]);
}

export const exampleApps: readonly ExampleApp[] = [
  {
    name: "by-path",
    install: (app) =>
      rewrite(app, (manifest) => {
        manifest.include = manifest.include.map((include) => String(include).replace(/^\.\.\/\.\.\//, `${ROOT}/`));
      }),
  },
  {
    name: "by-git",
    install: (app) =>
      rewrite(app, (manifest) => {
        for (const include of manifest.include as { git?: string; branch?: string }[])
          if (include.git !== undefined) {
            include.git = `file://${ROOT}/.git`;
            delete include.branch;
          }
      }),
  },
  { name: "node-modules", install: installPackage },
  { name: "mcpack", packed: true, install: installPackage },
];

/** @returns the app's folder, in `folder` */
export function placeExample({ name, install }: ExampleApp, folder: string): string {
  const app = join(folder, name);
  cpSync(join(ROOT, "examples", name), app, { recursive: true });
  install(app);
  return app;
}
