/*
 * Natives: everything in our manifests besides TypeScript modules: manifests of the SDK, C files, resources, and modules that
 * take the name of an SDK module. The suites' app takes these from the product's manifests, and the JavaScript from our own
 * compiler.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ROOT } from "./sdk.js";

/** Prefix of our module names (a module's name is the prefix and its path), which keeps them apart from an application's. */
export const PREFIX = "nerveshub/";

export interface Natives {
  /** Manifests of the SDK. */
  readonly includes: Set<string>;
  /** C files, without extension. */
  readonly sources: Set<string>;
  /** Modules whose name is not their path: the name, and a file of the SDK or the path below the root of one of ours. */
  readonly named: Map<string, string>;
  /** The names above that are preloaded, in the order that was given. */
  readonly preload: string[];
  /** Resources, without extension. */
  readonly resources: Set<string>;
}

interface Manifest {
  include?: string | string[];
  modules?: Record<string, string | string[]>;
  preload?: string | string[];
  resources?: Record<string, string | string[]>;
  platforms?: Record<string, Manifest>;
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
const ofSdk = (source: string): boolean => source.startsWith("$(");

function collect(manifest: Manifest, folder: string, natives: Natives): void {
  const { includes, sources, named, preload, resources } = natives;
  for (const include of list(manifest.include)) {
    if (ofSdk(include)) includes.add(include);
    // One with a variable in its path is empty: sdk/manifest_base.json refuses a second version of the agent with it.
    else if (!include.includes("$(")) readNatives(join(folder, include), natives);
  }
  for (const [key, value] of Object.entries(manifest.modules ?? {})) {
    for (const source of list(value)) {
      if (key === "*") sources.add(ofSdk(source) ? source : join(folder, source));
      else if (!source.endsWith("/*")) {
        const path = ofSdk(source) ? source : relative(ROOT, join(folder, source));
        const name = key.replace("*", basename(source));
        if (name !== `${PREFIX}${path}`) named.set(name, path);
      }
    }
  }
  preload.push(...list(manifest.preload).filter((name) => named.has(name) && !preload.includes(name)));
  for (const source of list(manifest.resources?.["*"])) resources.add(ofSdk(source) ? source : join(folder, source));
  const platform = manifest.platforms?.["lin"];
  if (platform) collect(platform, folder, natives);
}

/** Reads the natives of the manifest at `path` and of all that it includes, for Linux. */
export function readNatives(
  path: string,
  natives: Natives = {
    includes: new Set(),
    sources: new Set(),
    named: new Map(),
    preload: [],
    resources: new Set(),
  },
): Natives {
  collect(JSON.parse(readFileSync(path, "utf8")), dirname(path), natives);
  return natives;
}
