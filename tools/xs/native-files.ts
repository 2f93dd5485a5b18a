/*
 * Copies the files that manifests name besides TypeScript next to the compiled JavaScript. The folder then holds the whole
 * agent under the same names, and an app without a TypeScript compiler includes its manifest_link.json.
 */

import { cpSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sdk.js";

/** Manifests, C, roots, typings. */
const native = /\.(json|c|der|d\.ts)$/;

/** @param folder folder of the JavaScript, compiled from the root of the repository */
export function copyNativeFiles(folder: string): void {
  for (const part of ["hosts", "modules", "sdk", "src", "types"])
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || native.test(path),
    });
  for (const name of ["link", "plain", "network", "all"])
    cpSync(join(ROOT, `manifest_${name}.json`), join(folder, `manifest_${name}.json`));
}
