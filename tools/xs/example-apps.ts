/*
 * Places the apps of examples/ as a reader would have them: each in a folder of its own outside the repository, with the
 * repository at the place where the app looks for it.
 */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** Installs the package that `npm publish` would send, as `npm install` does. It is packed once for all apps of one folder. */
export function installPackage(app: string): void {
  const packed = join(dirname(app), "packed");
  if (!existsSync(packed)) {
    mkdirSync(packed);
    const options = ["pack", "--silent", "--pack-destination", packed];
    const said = execFileSync("npm", options, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const tarball = join(packed, said.trim().split("\n").pop()!);
    execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", packed]);
    rmSync(tarball);
  }
  cpSync(packed, join(app, "node_modules", packageName), { recursive: true });
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
