/*
 * Keeps the manifests' lists of modules true. mcconfig preloads TypeScript modules only when each is named, and a module
 * that nobody lists fails on the device, not in the build. Part of `npm run check`; "--write" adds what is missing.
 *
 * A module's name is "nerveshub/" and its path below the root. A folder's manifest maps and preloads every file in it (and below it), and
 * includes the manifests of the folders that its files import. manifest_link.json does that for src, except for main. Of
 * hosts/flash-model, hosts take what they import.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const write = process.argv.includes("--write");
/** Keeps our names apart from those of an application's modules. */
const prefix = "nerveshub/";
/** Types only: nothing of it is left on a device. */
const typesOnly = ["modules/host"];
/** Has an order of its own. */
const byHand = ["modules/tls"];

const sources = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file.slice(0, -".ts".length)));

const folders = readdirSync("modules")
  .map((name) => join("modules", name))
  .filter((folder) => !typesOnly.includes(folder) && !byHand.includes(folder));

/** The modules that `file` imports when it runs. */
function importsOf(file) {
  const text = readFileSync(`${file}.ts`, "utf8");
  const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)\.js"/gm);
  return [...imports].map(([, specifier]) => join(dirname(file), specifier));
}

/** The files of hosts/flash-model that `files` need. */
function shared(files) {
  const found = new Set();
  const waiting = [...files];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    for (const target of importsOf(file)) {
      if (!target.startsWith("hosts/flash-model/") || found.has(target)) continue;
      found.add(target);
      waiting.push(target);
    }
  }
  return [...found];
}

/** What the manifest of `files` must contain. */
function wanted(manifestFolder, files) {
  const include = new Set();
  for (const file of files) {
    for (const target of importsOf(file)) {
      const folder = target.split("/").slice(0, 2).join("/");
      if (folders.concat(byHand).includes(folder) && folder !== manifestFolder) {
        include.add(`./${relative(manifestFolder, folder)}/manifest.json`.replace("./../", "../"));
      }
    }
  }
  return { include: [...include].sort(), preload: files.map((file) => `${prefix}${file}`).sort() };
}

let missing = 0;

function keep(path, folder, files, mapped) {
  const manifest = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  const { include, preload } = wanted(folder, files);
  const lacks = (list, entries) => entries.filter((entry) => !(list ?? []).includes(entry));
  const gaps = {
    include: lacks(manifest.include, include),
    modules: Object.keys(mapped).filter((name) => manifest.modules?.[name] === undefined),
    preload: lacks(manifest.preload, preload),
    gone: (manifest.preload ?? []).filter(
      (name) => name.startsWith(`${prefix}${folder}/`) && !existsSync(`${name.slice(prefix.length)}.ts`),
    ),
  };
  if (Object.values(gaps).every((gap) => gap.length === 0)) return;
  if (!write) {
    for (const [what, gap] of Object.entries(gaps))
      if (gap.length > 0) console.error(`${path}: ${what}: ${gap.join(", ")}`);
    missing++;
    return;
  }
  if (include.length > 0) manifest.include = [...new Set([...(manifest.include ?? []), ...include])];
  manifest.modules = { ...manifest.modules, ...mapped };
  manifest.preload = [...new Set([...(manifest.preload ?? []), ...preload])].filter(
    (name) => !gaps.gone.includes(name),
  );
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** One star for each folder that has files: a star does not reach into folders below. */
function stars(root, files) {
  const names = [...new Set(files.map((file) => dirname(file)))].sort();
  return Object.fromEntries(names.map((name) => [`${prefix}${name}/*`, `./${join(relative(root, name), "*")}`]));
}

for (const folder of folders)
  keep(join(folder, "manifest.json"), folder, sources(folder), stars(folder, sources(folder)));
for (const folder of ["hosts/xs", "hosts/simulator"]) {
  const files = sources(folder).filter((file) => !["tcp", "platform"].includes(basename(file)));
  keep(join(folder, "manifest.json"), folder, [...files, ...shared(files)], {});
}
/** Whoever wants these includes their own manifests. */
const apart = ["src/features/ota-writer/", "src/features/prompt/"];
const link = sources("src").filter((file) => file !== "src/main" && !apart.some((folder) => file.startsWith(folder)));
keep("manifest_link.json", ".", link, Object.fromEntries(link.sort().map((file) => [`${prefix}${file}`, `./${file}`])));

if (missing > 0) {
  console.error("Manifests lack modules: node tools/xs/manifests.mjs --write, then npm run format");
  process.exitCode = 1;
}
