/*
 * What a manifest of ours brings besides TypeScript modules: manifests of the SDK, C files, and modules that take the
 * name of one of the SDK's. The suites' app takes these from the product's manifests, and the TypeScript from our compiler.
 */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./sdk.js";

export interface Natives {
  /** Manifests of the SDK. */
  readonly includes: Set<string>;
  /** C files, without extension. */
  readonly sources: Set<string>;
  /** The SDK's module name, and the path below the root of the file of ours that has it. */
  readonly replacements: Map<string, string>;
}

interface Manifest {
  include?: string | string[];
  modules?: Record<string, string | string[]>;
  platforms?: Record<string, Manifest>;
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

function collect(manifest: Manifest, folder: string, natives: Natives): void {
  for (const include of list(manifest.include)) {
    if (include.startsWith("$(")) natives.includes.add(include);
    else readNatives(join(folder, include), natives);
  }
  for (const [name, value] of Object.entries(manifest.modules ?? {})) {
    for (const source of list(value)) {
      const path = relative(ROOT, join(folder, source));
      if (name === "*") natives.sources.add(source.startsWith("$(") ? source : join(folder, source));
      else if (!source.startsWith("$(") && !source.endsWith("/*") && name !== path)
        natives.replacements.set(name, path);
    }
  }
  const platform = manifest.platforms?.["lin"];
  if (platform) collect(platform, folder, natives);
}

/** Of the manifest at `path` and all that it includes, on Linux. */
export function readNatives(
  path: string,
  natives: Natives = { includes: new Set(), sources: new Set(), replacements: new Map() },
): Natives {
  collect(JSON.parse(readFileSync(path, "utf8")), dirname(path), natives);
  return natives;
}
