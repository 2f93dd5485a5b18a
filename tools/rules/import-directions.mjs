/*
 * Rule: which folder may import which. Imports of types count like all others: a file that needs a type of a floor above
 * cannot be read without that floor.
 *
 *   entries    the modules that an application names, in features/ and beside it: anything of src, and modules
 *   features   anything of the core; another feature only as their manifests include it
 *   the core   its own floor and those below, never a feature; main and its settings are an application and choose theirs
 *   src        modules, never hosts: a platform is passed in
 *   modules    modules
 *   hosts      modules, their own folder, hosts/xs and hosts/flash-model
 *   all but tools, test, bench and examples: nothing of tools, test, bench and examples
 *
 * A platform's file under its manifest name, "nerveshub/hosts/platform/…", is imported by entries, by main and by hosts.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The core from the top. A room is a folder of src or a loose file. */
const floors = [
  ["main", "app-settings", "setting-checks"],
  ["link", "core"],
  ["options"],
  ["device"],
  ["update"],
  ["connection", "feature"],
  ["protocol", "client", "command", "firmware", "log", "option-checks"],
];
/** The folders of hosts that all hosts may import. */
const sharedHosts = ["xs", "flash-model"];
const isPlatform = (path) => path.startsWith("hosts/platform/");
const isEntry = (path) => /^(features\/)?[^/]+$/.test(path);
const top = (path) => path.split("/")[0];
const feature = (path) => /^src\/features\/([^/]+)\//.exec(path)?.[1];
const room = (path) => /^src\/([^/]+?)(\/|\.ts$)/.exec(path)?.[1];
const floor = (path) => floors.findIndex((rooms) => rooms.includes(room(path)));
/** The floor of main. An application takes main's place. */
const application = 0;
/** The floor's own name, for sentences. */
const floorName = (path) => floors[floor(path)].join(", ");

/** Features that the manifest of `name` includes for at least one platform, directly or through others. */
function included(name, seen = new Set()) {
  const path = `src/features/${name}/manifest.json`;
  if (!existsSync(path)) return seen;
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  for (const include of [manifest, ...Object.values(manifest.platforms ?? {})].flatMap((one) => one.include ?? [])) {
    const other = feature(join(dirname(path), include));
    if (other === undefined || seen.has(other)) continue;
    seen.add(other);
    included(other, seen);
  }
  return seen;
}

/** @returns why `from` may not import `to` and where the thing belongs; undefined when it may */
function refusal(from, to) {
  const [here, there] = [top(from), top(to)];
  if (["tools", "test", "bench", "examples"].includes(here)) return undefined;
  if (["tools", "test", "bench", "examples"].includes(there))
    return "what is linked into a device or installed imports nothing of tools and tests; what both need belongs in modules or src";
  if (there === "modules") return undefined;
  if (here === "modules")
    return `modules know nothing of ${there}; move what is general into modules, or let the caller pass it in`;
  if (isPlatform(to) && (isEntry(from) || from === "src/main.ts" || here === "hosts")) return undefined;
  if (here === "hosts") {
    if (there !== "hosts")
      return "hosts know nothing of src; what a host and src agree on is an interface of modules/platform";
    const [own, other] = [from.split("/")[1], to.split("/")[1]];
    if (own === other || (own !== "flash-model" && sharedHosts.includes(other))) return undefined;
    return "a host imports its own folder, hosts/xs and hosts/flash-model; what two hosts need belongs in one of those";
  }
  if (there === "hosts") return "src knows no host: a platform is passed in, as an interface of modules/platform";
  if (isEntry(from)) return undefined;
  if (isEntry(to)) return "an entry is for applications; import what it exports from where that is made";
  return inSrc(from, to);
}

function inSrc(from, to) {
  const [mine, other] = [feature(from), feature(to)];
  if (mine !== undefined && other !== undefined) {
    if (mine === other || included(mine).has(other)) return undefined;
    return `the feature ${mine} does not include ${other}: add "../${other}/manifest.json" to src/features/${mine}/manifest.json, or move what both need into the core`;
  }
  for (const path of [from, to])
    if (feature(path) === undefined && floor(path) < 0)
      return `${path} is on no floor: put it into a room, or name its floor in tools/rules/import-directions.mjs`;
  if (other !== undefined) {
    if (floor(from) === application) return undefined;
    return "the core knows no feature: what it needs of one is an interface in src/feature.ts or in the room that uses it";
  }
  if (mine !== undefined) {
    if (floor(to) !== application) return undefined;
    return "main is an application and imports features, never the other way round; what both need belongs in the core";
  }
  if (floor(to) >= floor(from)) return undefined;
  return `an import up, from the floor of ${floorName(from)} to that of ${floorName(to)}; what both need belongs on the lower one`;
}

/** Whether an entry "FROM TO" has beginnings of both paths. */
const fits = (from, to) => (entry) => {
  const [start, end] = entry.split(" ");
  return from.startsWith(start) && to.startsWith(end);
};

export function importsThatAreNotAllowed({ imports, exceptions }) {
  return imports.flatMap(({ from, to, line }) => {
    const why = refusal(from, to);
    if (why === undefined || exceptions.allow("imports", fits(from, to))) return [];
    return [{ path: from, line, text: `${to} may not be imported here: ${why}` }];
  });
}
