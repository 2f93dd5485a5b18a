/*
 * What an app's own modules import of the agent, against what its manifests include: mcconfig and the linker pass over both
 * faults below, and a device finds them.
 *
 *  - A JavaScript module that is not preloaded, as an app's main is, builds with an import that nobody provides. (Of TypeScript
 *    the compiler says TS2307, of a preloaded module the linker says it, and mcpack of what it follows.)
 *  - Of two copies of the agent, by path and by npm for example, the first one of each module counts, and the others are
 *    linked with it, whatever their versions.
 */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";

const ours = /^nerveshub(\/|$)/;

/** @param makefile of mcconfig @returns each module's name and source, as it is compiled or was written */
export function sourcesOf(makefile: string): Map<string, string> {
  const typed = new Map<string, string>();
  for (const [, made, source] of makefile.matchAll(/^(\$\(TMP_DIR\)\/tsc\/\S+\.js) : (\S+\.ts) /gm))
    typed.set(made, source);
  const rules = makefile.matchAll(/^\$\(MODULES_DIR\)\/(\S+)\.xsb: (\S+)/gm);
  return new Map([...rules].map(([, name, source]) => [name, typed.get(source) ?? source]));
}

/** Specifiers of what a module imports when it runs. */
export function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = code.matchAll(
    /\b(?:import|export)\s+(?!type\b)(?:[\w$*{}\s,]+?\s*from\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g,
  );
  return [...found].map(([, named, called]) => named ?? called);
}

/** The manifest, from the agent's folder, that brings a module. */
function manifestOf(name: string): string | undefined {
  const [, feature] = /^nerveshub\/(?:src\/)?features\/([\w-]+)/.exec(name) ?? [];
  if (feature !== undefined) return `src/features/${feature}/manifest.json`;
  if (name === "nerveshub/network") return "manifest_network.json";
  return name === "nerveshub" ? "manifest_link.json" : undefined;
}

const isJavaScript = (source: string): boolean => [".js", ".mjs"].includes(extname(source));

/** @returns a sentence for each import of ours that no manifest provides */
export function leftOut(sources: ReadonlyMap<string, string>, read: (source: string) => string): string[] {
  const faults: string[] = [];
  for (const [name, source] of sources) {
    if (ours.test(name) || !isJavaScript(source)) continue;
    for (const specifier of importsOf(read(source))) {
      if (!ours.test(specifier) || sources.has(specifier)) continue;
      const manifest = manifestOf(specifier);
      const missing =
        manifest === undefined ? "which is no module of the agent" : `and no manifest includes the agent's ${manifest}`;
      faults.push(`${source} imports "${specifier}", ${missing}: the device would not find it.`);
    }
  }
  return faults;
}

/** The folder that holds a module's whole copy of the agent; undefined where its file is called differently. */
function copyOf(name: string, path: string): string | undefined {
  const ending = `/${name.slice("nerveshub/".length)}`;
  return name.startsWith("nerveshub/src/") && path.endsWith(ending) ? path.slice(0, -ending.length) : undefined;
}

/** @param modules of manifest_flat.json: each module's files without their extensions, those of a later copy too */
export function copiesOf(modules: Readonly<Record<string, string | readonly string[]>>): string[] {
  const copies = new Set<string>();
  for (const [name, files] of Object.entries(modules))
    for (const file of [files].flat()) {
      const copy = copyOf(name, file);
      if (copy !== undefined) copies.add(copy);
    }
  return [...copies];
}

/** "/app/node_modules/… (0.2.0)"; dist/ has the version of the package that it is in. */
function withVersion(copy: string): string {
  const description = [copy, dirname(copy)]
    .map((folder) => join(folder, "package.json"))
    .find((path) => existsSync(path));
  if (description === undefined) return copy;
  const { version } = JSON.parse(readFileSync(description, "utf8")) as { version?: string };
  return `${copy} (${version ?? "no version"})`;
}

/**
 * @param generated mcconfig's folder of generated files
 * @returns what the device would miss or mix, a sentence each
 */
export function moduleFaults(generated: string): string[] {
  const flat = JSON.parse(readFileSync(join(generated, "manifest_flat.json"), "utf8"));
  const sources = sourcesOf(readFileSync(join(generated, "makefile"), "utf8"));
  const faults = leftOut(sources, (source) => (existsSync(source) ? readFileSync(source, "utf8") : ""));
  const copies = [...new Set(copiesOf(flat.modules).map((copy) => (existsSync(copy) ? realpathSync(copy) : copy)))];
  if (copies.length > 1)
    faults.push(
      `The manifests include ${copies.length} copies of the agent, whose modules the build would mix: ${copies.map(withVersion).join(" and ")}. Include all of its manifests from one.`,
    );
  return faults;
}
