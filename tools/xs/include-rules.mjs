/*
 * What a manifest that an application includes may say. It adds modules, C files, resources and the SDK's manifests, and takes
 * nothing from the application: no built-in, no module of anybody else, no compiler option. Part of `npm run check`, through
 * manifests.mjs. manifest.json, the flashable app, is an application, and so is what it alone includes.
 */

import { dirname, join } from "node:path";

const base = "sdk/manifest_base.json";
/** Keys of a section that add. */
const adds = ["include", "modules", "preload", "resources", "platforms", "ffi", "dependency", "error"];

/** Keys that change the application, as they may stand: path, key, value, reason. */
const exceptions = [
  ["manifest_link.json", "creation", { stack: 1024 }, "the agent needs 609 slots at most, a target of the SDK has 512"],
  ["manifest_plain.json", "creation", { stack: 1024 }, "as manifest_link.json"],
  ["src/features/prompt/manifest.json", "strip", [], "what is evaluated may name any built-in"],
  ["src/features/prompt/manifest.json", "defines", { xs: { abortHook: 1 } }, "an aborted evaluation is told"],
  [base, "build", undefined, "refuses a second version (manifests.mjs compares it)"],
];

const list = (value) => (value === undefined ? [] : [value].flat());
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @returns a sentence for each thing in the manifest at `path` that an include may not say */
export function includeFaults(path, manifest) {
  const faults = [];
  const first = list(manifest.include)[0];
  if (path !== base && (typeof first !== "string" || join(dirname(path), first) !== base))
    faults.push(`${path} does not include ${base} first`);
  for (const section of [manifest, ...Object.values(manifest.platforms ?? {})]) {
    for (const [key, value] of Object.entries(section)) {
      const excepted = exceptions.some(
        ([file, name, allowed]) => file === path && name === key && (allowed === undefined || same(allowed, value)),
      );
      if (!adds.includes(key) && !excepted)
        faults.push(`${path}: "${key}" is the application's to say; it belongs into manifest.json or nowhere`);
    }
    for (const [name, value] of Object.entries(section.modules ?? {}))
      for (const source of list(value)) {
        if (name === "~") faults.push(`${path}: "~" takes ${source} from the application`);
        else if (source.includes("*") && !source.startsWith("$("))
          faults.push(`${path}: ${source} is a glob; list its files one by one`);
      }
  }
  return faults;
}
