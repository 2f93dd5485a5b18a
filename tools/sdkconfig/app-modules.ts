/*
 * Compares the imports of an app's own modules with the includes of its manifests. mcconfig and the linker overlook two
 * faults, which only show on the device:
 *
 *  - A JavaScript module that is not preloaded, such as an app's main, builds with an import that no manifest provides. (In
 *    TypeScript the compiler reports it as TS2307, in a preloaded module the linker does, in an mcpack app mcpack does.)
 *  - With two copies of the agent in the app, by path and by npm for example, the first copy of each module counts, and
 *    modules of different versions are linked together.
 */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { includeLine, packageName } from "./include-line.js";

/** Specifiers of the agent's modules, in manifest form, and in the package form of Node and mcpack. */
const ours = /^(nerveshub|nerves-hub-link-moddable)(\/|$)/;

/** @param makefile of mcconfig @returns each module's name and source, as it is compiled or was written */
export function sourcesOf(makefile: string): Map<string, string> {
  const typed = new Map<string, string>();
  for (const [, made, source] of makefile.matchAll(/^(\$\(TMP_DIR\)\/tsc\/\S+\.js) : (\S+\.ts) /gm))
    typed.set(made, source);
  const rules = makefile.matchAll(/^\$\(MODULES_DIR\)\/(\S+)\.xsb: (\S+)/gm);
  return new Map([...rules].map(([, name, source]) => [name, typed.get(source) ?? source]));
}

/** Comments, and string literals as group 1. */
const tokens = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*.*?\*\/|\/\/[^\n]*/gs;
/** Imports in a text whose string literals were replaced by their numbers. */
const imports = /\b(?:import|export)\b(?!\s+type\b)[^";()]*?\bfrom\s*"(\d+)"|\bimport\s*\(?\s*"(\d+)"/g;

/** The specifiers that a module imports at run time. */
export function importsOf(text: string): string[] {
  const texts: string[] = [];
  const bare = text.replace(tokens, (_, token?: string) => (token === undefined ? " " : `"${texts.push(token) - 1}"`));
  return [...bare.matchAll(imports)].map(([, from, alone]) => texts[Number(from ?? alone)].slice(1, -1));
}

/** The manifest that lists a module, as a path from the agent's folder. */
function manifestOf(name: string): string | undefined {
  const [, feature] = /^nerveshub\/(?:src\/)?features\/([\w-]+)/.exec(name) ?? [];
  if (feature !== undefined) return `src/features/${feature}/manifest.json`;
  if (name === "nerveshub/network") return "manifest_network.json";
  return name === "nerveshub" ? "manifest_link.json" : undefined;
}

const isJavaScript = (source: string): boolean => [".js", ".mjs"].includes(extname(source));

/**
 * @param has whether the build has a module
 * @param line what to add to the app's includes for a manifest of ours
 */
function sentenceOn(
  source: string,
  specifier: string,
  has: (name: string) => boolean,
  line: (manifest: string) => string,
): string {
  const name = specifier.replace(packageName, "nerveshub");
  const says = `${source} imports "${specifier}"`;
  const manifest = manifestOf(name);
  if (manifest === undefined) return `${says}, which is no module of the agent: the device would not find it.`;
  if (has(name)) return `${says}, which is its name for Node and mcpack: the device would find "${name}".`;
  const missing = `no manifest includes the agent's ${manifest}: the device would not find it.`;
  return `${says}, and ${missing} To be added to the app's includes: ${line(manifest)}`;
}

/** @param line what to add for a manifest of ours @returns a sentence for each import of ours that no manifest provides */
export function leftOut(
  sources: ReadonlyMap<string, string>,
  read: (source: string) => string,
  line: (manifest: string) => string,
): string[] {
  const has = (name: string) => sources.has(name);
  return [...sources]
    .filter(([name, source]) => !ours.test(name) && isJavaScript(source))
    .flatMap(([, source]) =>
      importsOf(read(source))
        .filter((specifier) => ours.test(specifier) && !has(specifier))
        .map((specifier) => sentenceOn(source, specifier, has, line)),
    );
}

/** An app's main and what it imports by relative paths. */
function sourcesFrom(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path) || !existsSync(path)) return found;
  found.add(path);
  for (const specifier of importsOf(readFileSync(path, "utf8")))
    if (specifier.startsWith(".")) sourcesFrom(resolve(dirname(path), specifier), found);
  return found;
}

/**
 * Completes the messages of mcpack, which finds a missing module but tells neither the importing file nor the remedy.
 *
 * @param manifest absolute path of the app's package.json
 * @param said the output of mcpack
 * @returns a sentence for each import of a module that mcpack did not find
 */
export function leftOutByMcpack(manifest: string, said: string): string[] {
  const names = new Set([...said.matchAll(/moddable:(nerveshub\S*): manifest not found/g)].map(([, name]) => name));
  if (names.size === 0) return [];
  const { main = "./main.js" } = JSON.parse(readFileSync(manifest, "utf8")) as { main?: string };
  const isMissing = (specifier: string) => names.has(specifier.replace(packageName, "nerveshub"));
  return [...sourcesFrom(resolve(dirname(manifest), main))].flatMap((source) =>
    importsOf(readFileSync(source, "utf8"))
      .filter((specifier) => ours.test(specifier) && isMissing(specifier))
      .map((specifier) =>
        sentenceOn(
          source,
          specifier,
          () => false,
          (path) => includeLine(manifest, path),
        ),
      ),
  );
}

/** The folder of the copy of the agent that a module's file belongs to; undefined for a file with another name. */
function copyOf(name: string, path: string): string | undefined {
  const ending = `/${name.slice("nerveshub/".length)}`;
  return name.startsWith("nerveshub/src/") && path.endsWith(ending) ? path.slice(0, -ending.length) : undefined;
}

/** @param modules `modules` of manifest_flat.json: the files of each module without extensions, also those of a later copy */
export function copiesOf(modules: Readonly<Record<string, string | readonly string[]>>): string[] {
  const copies = new Set<string>();
  for (const [name, files] of Object.entries(modules))
    for (const file of [files].flat()) {
      const copy = copyOf(name, file);
      if (copy !== undefined) copies.add(copy);
    }
  return [...copies];
}

/** A copy with its version, "/app/node_modules/… (0.2.0)"; that of dist/ and dist/xs is in a package.json above. */
function withVersion(copy: string): string {
  const description = [copy, dirname(copy), dirname(dirname(copy))]
    .map((folder) => join(folder, "package.json"))
    .find((path) => existsSync(path));
  if (description === undefined) return copy;
  const { version } = JSON.parse(readFileSync(description, "utf8")) as { version?: string };
  return `${copy} (${version ?? "no version"})`;
}

/**
 * @param generated mcconfig's folder of generated files
 * @param manifest absolute path of the app's
 * @returns a sentence for each module that the device would miss, and for two copies of the agent
 */
export function moduleFaults(generated: string, manifest: string): string[] {
  const flat = JSON.parse(readFileSync(join(generated, "manifest_flat.json"), "utf8"));
  const sources = sourcesOf(readFileSync(join(generated, "makefile"), "utf8"));
  const read = (source: string) => (existsSync(source) ? readFileSync(source, "utf8") : "");
  const faults = leftOut(sources, read, (path) => includeLine(manifest, path));
  const copies = [...new Set(copiesOf(flat.modules).map((copy) => (existsSync(copy) ? realpathSync(copy) : copy)))];
  if (copies.length > 1)
    faults.push(
      `The manifests include ${copies.length} copies of the agent, whose modules the build would mix: ${copies.map(withVersion).join(" and ")}. Include all of its manifests from one.`,
    );
  return faults;
}
