/*
 * Part of `npm run prepare`: completes dist/, which then holds the whole agent as JavaScript: for Node under the names of the
 * TypeScript, for devices bundled (bundle.ts), with manifests under their own names. An app without a TypeScript compiler
 * includes dist/manifest_link.json; mcpack, which refuses TypeScript, finds dist/ through package.json.
 *
 * Files that only XS runs are compiled without a type check, since the check needs the SDK's typings (`npm run check` does
 * it), and a package is also made on machines without an SDK.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeBundles } from "./bundle.js";
import { copyNativeFiles } from "./native-files.js";
import { ROOT } from "./sdk.js";

const options = ["tsc", "-p", "tsconfig.package.json"];
const { status } = spawnSync("npx", options, { cwd: ROOT, stdio: "inherit", shell: process.platform === "win32" });
if (status !== 0) process.exit(1);

copyNativeFiles(join(ROOT, "dist"));
await writeBundles(ROOT);

// One file for each entry, as mcpack.js is for the link: mcpack takes no "export *" of a name that a manifest provides.
const modules = [
  "network",
  ...readdirSync(join(ROOT, "features")).map((file) => `features/${file.slice(0, -".ts".length)}`),
];
for (const name of modules) {
  const values = [...readFileSync(join(ROOT, `${name}.ts`), "utf8").matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap(([, list]) => list.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "" && !value.startsWith("type "));
  const path = join(ROOT, `dist/mcpack/${name}.js`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `export { ${values.join(", ")} } from "moddable:nerveshub/${name}";\n`);
}

// The compiler of an application finds types by path, not by the names that manifests give.
for (const name of ["nerveshub", "network"]) {
  const types = join(ROOT, `dist/${name}.d.ts`);
  const text = readFileSync(types, "utf8")
    .replaceAll('"nerveshub/hosts/platform/', '"./hosts/simulator/')
    .replaceAll('"nerveshub/src/link"', '"./src/link.js"');
  writeFileSync(types, text);
}
