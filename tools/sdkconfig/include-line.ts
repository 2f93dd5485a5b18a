/*
 * Include line: the text that an app's developer pastes to include a manifest of ours. It is of the kind of the app's other
 * includes: by path, by git, from node_modules, or by mcpack from its package.json. No file is written.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { ROOT } from "../xs/sdk.js";

export const packageName = "nerves-hub-link-moddable";

type Include = string | { readonly git?: string; readonly manifest?: unknown };

interface Manifest {
  readonly include?: Include | readonly Include[];
  readonly platforms?: Readonly<Record<string, Manifest>>;
}

export const isPacked = (manifest: string): boolean => basename(manifest) === "package.json";

function includesOf({ include = [], platforms = {} }: Manifest): Include[] {
  return [...[include].flat(), ...Object.values(platforms).flatMap(includesOf)];
}

/** A manifest of ours at the end of an include. */
const end = /(?<=^|\/)(manifest_(link|plain|network|all)\.json|src\/features\/[\w-]+\/manifest\.json)$/;

/** @param manifest absolute path of the app's manifest @param path path of our manifest, below the package's folder */
export function includeLine(manifest: string, path: string): string {
  const given = JSON.parse(readFileSync(manifest, "utf8"));
  for (const include of includesOf(isPacked(manifest) ? (given.moddable?.manifest ?? {}) : given)) {
    const own = typeof include === "string" ? include : include.manifest;
    if (typeof own !== "string" || !end.test(own)) continue;
    const like = own.replace(end, path);
    return JSON.stringify(typeof include === "string" ? like : { ...include, manifest: like });
  }
  const root = isPacked(manifest) ? `./node_modules/${packageName}/dist` : relative(dirname(manifest), ROOT);
  return JSON.stringify(`${root}/${path}`);
}
