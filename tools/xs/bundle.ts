/*
 * The agent for devices as few modules: what a manifest lists becomes one in dist/xs, and what the core always includes goes
 * into the core's. A module costs a device 259 bytes of flash, each function that uses a name of the module's top level 16,
 * and each name 16 and its letters. Part of `npm run prepare`.
 *
 * Measured with everything on an ESP32-C3: 519 KB one by one; 469 KB bundled, with the numbers that modules import in place
 * of their names; 455 KB with short names of local variables and without what is left unused. Functions, classes, methods
 * and fields keep theirs, so that a stack can be read; the source maps lead back to the TypeScript.
 *
 * The rule it guards: dist/ has the manifests of the sources below the same paths, and an application the same modules.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Plugin, rolldown } from "rolldown";

interface Section {
  include?: string | string[];
  modules?: Record<string, string | string[]>;
  preload?: string | string[];
}
interface Manifest extends Section {
  platforms?: Record<string, Section>;
}

const prefix = "nerveshub/";
const core = "src/manifest.json";
/** What includes all others, between them. */
const roots = [
  "manifest_all.json",
  "manifest_plain.json",
  "manifest_network.json",
  "src/features/prompt/manifest.json",
];
/** Modules of which each platform has its own. */
const chosen = `${prefix}hosts/platform/`;
/** Listed by the SDK's names, of which TLS is made: they stay as they are, and in their order. */
const wrappers = "modules/tls/manifest_wrappers.json";

const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
/** Not the SDK's, nor what sdk/manifest_base.json refuses a second version with. */
const isOurs = (include: string): boolean => !include.includes("$(");
const sectionsOf = (manifest: Manifest): Section[] => [manifest, ...Object.values(manifest.platforms ?? {})];

/** @returns what `paths` include and they themselves, by path below `root` */
function readManifests(root: string, paths: readonly string[], found = new Map<string, Manifest>()) {
  for (const path of paths.filter((one) => !found.has(one))) {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
    found.set(path, manifest);
    const includes = sectionsOf(manifest).flatMap(({ include }) => list(include).filter(isOurs));
    readManifests(
      root,
      includes.map((include) => join(dirname(path), include)),
      found,
    );
  }
  return found;
}

const ourModules = ({ modules = {} }: Section): [name: string, file: string][] =>
  Object.entries(modules).filter(
    (entry): entry is [string, string] => entry[0].startsWith(prefix) && typeof entry[1] === "string",
  );

/** What is one module of dist/xs, by its name there. */
const bundleOf = (path: string, inCore: ReadonlySet<string>): string => {
  if (inCore.has(path)) return "src/link";
  const folder = dirname(path).replace(/^src\/features/, "features");
  return path.endsWith("_network.json") ? `${folder}-network` : folder;
};

export interface Bundles {
  /** Manifests by path, as dist/ has them. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Bundle by the file, below the root and without its ending, that goes into it. */
  readonly owners: ReadonlyMap<string, string>;
}

/** @param root of the repository */
export function planBundles(root: string): Bundles {
  const sources = readManifests(root, roots);
  const inCore = new Set([...readManifests(root, [core]).keys()].filter((path) => !path.startsWith("sdk/")));
  const owners = new Map<string, string>();
  for (const [path, manifest] of sources)
    for (const [name, file] of sectionsOf(manifest).flatMap(ourModules)) {
      const source = join(dirname(path), file);
      // The parts that a platform chooses are its bundles: the name is the same for each, the file is not.
      if (name.startsWith(chosen)) owners.set(source, source);
      else if (dirname(path) !== "." && path !== wrappers) owners.set(source, bundleOf(path, inCore));
    }

  const rewrite = (path: string, section: Section): Section => {
    const from = (target: string): string => {
      const way = relative(dirname(path), target);
      return way.startsWith(".") ? way : `./${way}`;
    };
    const include = list(section.include).map((one) => {
      const target = join(dirname(path), one);
      return isOurs(one) && inCore.has(target) ? from(core) : one;
    });
    const bundles = new Map(
      ourModules(section).map(([name, file]) => [name, owners.get(join(dirname(path), file))] as const),
    );
    const nameOf = (name: string): string => {
      const bundle = bundles.get(name);
      return bundle === undefined || name.startsWith(chosen) ? name : `${prefix}${bundle}`;
    };
    const modules = Object.entries(section.modules ?? {}).map(([name, file]) => {
      const bundle = bundles.get(name);
      return [nameOf(name), bundle === undefined ? file : from(`xs/${bundle}`)] as const;
    });
    return {
      ...section,
      ...(section.include && { include: [...new Set(include)] }),
      ...(section.modules && { modules: Object.fromEntries(modules) }),
      ...(section.preload && { preload: [...new Set(list(section.preload).map(nameOf))] }),
    };
  };

  const manifests = new Map<string, Manifest>();
  for (const [path, manifest] of sources) {
    if (inCore.has(path)) continue;
    const platforms = Object.entries(manifest.platforms ?? {}).map(([name, section]) => [name, rewrite(path, section)]);
    manifests.set(path, {
      ...rewrite(path, manifest),
      ...(manifest.platforms && { platforms: Object.fromEntries(platforms) }),
    });
  }
  const ofCore = [...inCore].map((path) => ({ path, manifest: sources.get(path) as Manifest }));
  for (const { path, manifest } of ofCore) {
    const { include, modules = {}, preload, ...others } = manifest;
    const strange = [...Object.keys(others), ...Object.keys(modules).filter((name) => !name.startsWith(prefix))];
    if (strange.length > 0) throw new Error(`${path} goes into the core's bundle, which has no place for ${strange}`);
  }
  const sdk = ofCore.flatMap(({ manifest }) => list(manifest.include).filter((include) => !isOurs(include)));
  manifests.set(core, {
    include: ["../sdk/manifest_base.json", ...new Set(sdk)],
    modules: { [`${prefix}src/link`]: "../xs/src/link" },
    preload: [`${prefix}src/link`],
  });
  return { manifests, owners };
}

/** The compiler's JavaScript with its source maps; what is in no bundle is left to the manifests. */
const input = (dist: string, owners: ReadonlyMap<string, string>): Plugin => ({
  name: "nerveshub",
  resolveId(id, importer) {
    if (importer === undefined) return id;
    const own = id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
    const file = id.startsWith(".") ? relative(dist, join(dirname(importer), id)).replace(/\.js$/, "") : own;
    if (file !== undefined && owners.has(file)) return join(dist, `${file}.js`);
    return { id: file === undefined ? id : `${prefix}${file}`, external: true };
  },
  load: (id) => ({ code: readFileSync(id, "utf8"), map: readFileSync(`${id}.map`, "utf8") }),
});

/**
 * By name, since the path of a module on a device is not the path of its file. Classes are constants again: XS copies what
 * could be assigned to into RAM.
 */
const finished = (code: string, fileName: string): string =>
  code
    .replace(/ from "(\.[^"]+)\.js"/g, (_, path: string) => ` from "${prefix}${join(dirname(fileName), path)}"`)
    .replace(/^var (\w+) = class/gm, "const $1 = class");

/** Writes dist/xs and the manifests of dist/, from what the compiler has put there. */
export async function writeBundles(root: string): Promise<void> {
  const dist = join(root, "dist");
  const { manifests, owners } = planBundles(root);
  const names = [...new Set(owners.values())];
  const entries = names.filter((name) => existsSync(join(dist, `${name}.js`)));
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(dist, `${name}.js`)])),
    plugins: [input(dist, owners)],
    preserveEntrySignatures: "allow-extension",
    optimization: { inlineConst: { mode: "all", pass: 3 } },
  });
  const { output } = await build.generate({
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minifyInternalExports: false,
    sourcemap: true,
    minify: {
      compress: { joinVars: false, sequences: false, keepNames: { function: true, class: true } },
      mangle: { toplevel: false },
      codegen: { removeWhitespace: false },
    },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: "manifest", name: (id) => owners.get(relative(dist, id).replace(/\.js$/, "")) ?? null }],
    },
  });
  const made = output.map(({ fileName }) => fileName.replace(/\.js(\.map)?$/, ""));
  const wrong = made.filter((name) => !names.includes(name)).concat(names.filter((name) => !made.includes(name)));
  if (wrong.length > 0) throw new Error(`dist/xs: made and planned differ in ${wrong}`);

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), text);
  };
  rmSync(join(dist, "xs"), { recursive: true, force: true });
  for (const one of output)
    write(`xs/${one.fileName}`, one.type === "chunk" ? finished(one.code, one.fileName) : String(one.source));
  // An application's compiler looks for types beside what a manifest names.
  for (const name of entries)
    if (name.startsWith("features/")) write(`xs/${name}.d.ts`, `export * from "../../${name}.js";\n`);
  for (const path of readManifests(root, roots).keys()) rmSync(join(dist, path), { force: true });
  for (const [path, manifest] of manifests) write(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
