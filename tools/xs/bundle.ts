/*
 * Bundles the agent's modules for devices: the modules of a manifest become one module in dist/xs, and manifests that the core
 * always includes go into the core's module. A module costs a device 259 bytes of flash, each function that uses a name of the
 * module's top level 16 bytes, and each name 16 bytes and its letters. Part of `npm run prepare`.
 *
 * Measured with everything on an ESP32-C3: 519 KB one by one; 469 KB bundled, with imported numbers in place of their names;
 * 455 KB with short names of local variables and without unused code. Functions, classes, methods and fields keep their names,
 * so that a stack can be read; the source maps lead back to the TypeScript, through those of the compiler.
 *
 * The rule it guards: dist/ has the manifests of the sources at the same paths, and an application gets the same modules.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";

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
/** Manifests that together include all others. */
const roots = [
  "manifest_all.json",
  "manifest_plain.json",
  "manifest_network.json",
  "src/features/prompt/manifest.json",
];
/** Name prefix of the modules of which each platform has its own. */
const chosen = `${prefix}hosts/platform/`;
/** The manifest of modules that take the names of SDK modules, for TLS: they are not bundled and keep their order. */
const wrappers = "modules/tls/manifest_wrappers.json";

const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
/** Whether an include is ours: not the SDK's, nor the one by which sdk/manifest_base.json refuses a second version. */
const isOurs = (include: string): boolean => !include.includes("$(");
const sectionsOf = (manifest: Manifest): Section[] => [manifest, ...Object.values(manifest.platforms ?? {})];

/** @returns the manifests at `paths` and all that they include, by path below `root` */
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

/** @returns the name in dist/xs of the module that the manifest at `path` goes into */
const bundleOf = (path: string, inCore: ReadonlySet<string>): string => {
  if (inCore.has(path)) return "src/link";
  const folder = dirname(path).replace(/^src\/features/, "features");
  return path.endsWith("_network.json") ? `${folder}-network` : folder;
};

export interface Bundles {
  /** Manifests by path, as dist/ has them. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Name of the bundle by source file (a path below the root, without its ending). */
  readonly owners: ReadonlyMap<string, string>;
}

/** @param root root of the repository */
export function planBundles(root: string): Bundles {
  const sources = readManifests(root, roots);
  const inCore = new Set([...readManifests(root, [core]).keys()].filter((path) => !path.startsWith("sdk/")));
  const owners = new Map<string, string>();
  for (const [path, manifest] of sources)
    for (const [name, file] of sectionsOf(manifest).flatMap(ourModules)) {
      const source = join(dirname(path), file);
      // A module that each platform has in a file of its own is bundled by its file, since its name is the same on all.
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

/** Gives rollup the compiler's JavaScript with its source maps. Modules in no bundle stay imports. */
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
 * Makes imports refer to modules by name, since the path of a module on a device is not the path of its file. Makes classes
 * constants again: XS copies bindings that could be assigned to into RAM.
 *
 * After the minifier, which keeps more local variables beside classes that are constants. The source map stays right: no line
 * is added, and what moves within a line is in no frame of a stack.
 */
const finished = (code: string, fileName: string): string => {
  let done = code;
  const put = (start: number, end: number, text: string): void => {
    done = done.slice(0, start) + text + done.slice(end);
  };
  // From the end, so that the positions of what is left stay right.
  for (const statement of parseAst(code).body.reverse()) {
    if (statement.type === "VariableDeclaration") {
      const areClasses = statement.declarations.every(({ init }) => init?.type === "ClassExpression");
      if (statement.kind === "var" && areClasses) put(statement.start, statement.start + "var".length, "const");
    } else if ("source" in statement && statement.source?.value.startsWith(".")) {
      const { start, end, value } = statement.source;
      put(start, end, `"${prefix}${join(dirname(fileName), value).slice(0, -".js".length)}"`);
    }
  }
  return done;
};

/** Writes dist/xs and the manifests of dist/, from the compiler's output in dist/. */
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
    // rolldown writes nothing here: the sources that a map names are relative to it.
    dir: join(dist, "xs"),
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
