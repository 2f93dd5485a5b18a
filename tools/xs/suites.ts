/*
 * The XS app that runs the suites: a generated manifest and main over the JavaScript that our own compiler made.
 *
 * Not mcconfig's way of compiling TypeScript, which starts the compiler once per module; the sources are the same. As in
 * the product, everything of ours but the suites is preloaded (so it is frozen, and its Maps and typed arrays are
 * read-only) and built-ins that nobody names are stripped.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { PREFIX, readNatives } from "./natives.js";
import { BUILDS, ROOT } from "./sdk.js";

/** The host of the suites: all of it is in the app. */
const hostFolders = ["hosts/xs", "hosts/simulator"];

/** Compiled just now for XS, and compiled for Node: of what only XS runs, dist/ may hold what an earlier package had. */
const compiled = [join(BUILDS, "js"), join(ROOT, "dist")];

/** Modules that a manifest names otherwise than their path. */
const renamed = new Map([["hosts/platform/secure", "hosts/xs/secure"]]);
/** The same from the other side, and what is for an application to import. */
const notByPath = ["hosts/xs/secure", "hosts/xs/plain", "hosts/simulator/platform", "hosts/simulator/network"];

/** Where module `name` (its path below the root, without extension) was compiled to. */
function compiledFile(name: string): string {
  const path = renamed.get(name) ?? name;
  const file = compiled.map((folder) => join(folder, `${path}.js`)).find((path) => existsSync(path));
  if (!file) throw new Error(`${name} is not compiled`);
  return file;
}

/** The imports of a compiled module that are ours, as paths below the root. */
function importsOf(name: string): string[] {
  const text = readFileSync(compiledFile(name), "utf8");
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^"';]*?["'](\.[^"']+(?=\.js["'])|nerveshub\/[^"']+)/gm),
  ].map((m) => m[1]);
  return specifiers.map((specifier) =>
    specifier.startsWith(PREFIX) ? specifier.slice(PREFIX.length) : join(dirname(name), specifier),
  );
}

function hostModules(): string[] {
  return hostFolders.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file.slice(0, -".ts".length)))
      .filter((name) => !notByPath.includes(name)),
  );
}

/** Test files on XS: every suite that does not need Node, and those that need XS. */
export function suiteNames(filter: string): string[] {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" });
  const suites = files.filter((file) => file.endsWith(".test.ts") && !file.endsWith(".node.test.ts"));
  const names = suites.map((file) => join("test", file.slice(0, -".ts".length))).sort();
  return names.filter((name) => name.includes(filter));
}

/** `names` and all that they import, but for the harness. */
function closure(names: string[]): string[] {
  const modules = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name; name = waiting.pop()) {
    if (modules.has(name) || name === "test/support/harness") continue;
    modules.add(name);
    waiting.push(...importsOf(name));
  }
  return [...modules].sort();
}

/** Uses what only an ESP32 has. */
const otaWriter = "src/features/ota-writer/sdk-writer";

/** The SDK's module and ESP-IDF's functions that it uses, in stand-ins. @param local a path as the app's manifest has it */
function standInsOf(modules: readonly string[], local: (file: string) => string): object {
  if (!modules.includes(otaWriter)) return {};
  const manifest = JSON.parse(readFileSync(join(ROOT, dirname(otaWriter), "manifest.json"), "utf8"));
  return {
    modules: { ota: local(compiledFile("test/xs/ota")) },
    preload: ["ota"],
    ffi: { ...manifest.platforms.esp32.ffi, sources: [local(join(ROOT, "test/xs/esp-ota.c"))] },
  };
}

/** What a suite is called as a module. */
export const moduleOf = (suite: string): string => `${PREFIX}${suite}`;

/**
 * Writes the app that runs `suites`.
 * @param name of the app
 * @param suites module names
 * @param together those that are run where NERVESHUB_SUITE names none
 * @returns its manifest
 */
export function writeSuiteApp(name: string, suites: string[], together = suites): string {
  const folder = join(BUILDS, "apps", name);
  mkdirSync(folder, { recursive: true });
  const load = JSON.stringify(together.map(moduleOf));
  writeFileSync(join(folder, "main.js"), `import { run } from "${PREFIX}test/support/harness";\nrun(${load});\n`);
  writeFileSync(join(folder, "harness.js"), `export * from "${PREFIX}test/xs/harness";\n`);
  const tls = readNatives(join(ROOT, "modules/tls/manifest.json"));
  const natives = readNatives(join(ROOT, "hosts/simulator/manifest.json"), tls);
  const named = [...natives.named.values()].filter((source) => !source.startsWith("$("));
  const modules = closure([...suites, ...hostModules(), ...named, "test/xs/harness"]).filter(
    (module) => !named.includes(module),
  );
  const path = (file: string) => relative(folder, file).replace(/\.js$/, "");
  const local = (source: string) => (source.startsWith("$(") ? source : path(source));
  // First in the app's list of includes, since whoever claims a module's name first has it.
  const replacements = {
    modules: {
      ...Object.fromEntries(
        [...natives.named].map(([module, source]) => [
          module,
          local(source.startsWith("$(") ? source : compiledFile(source)),
        ]),
      ),
      "*": [join(ROOT, "test/xs/native"), ...natives.sources].map(local),
    },
    preload: natives.preload,
    resources: { "*": [...natives.resources].map(local) },
  };
  writeFileSync(join(folder, "replacements.json"), JSON.stringify(replacements, null, 2));
  writeFileSync(join(folder, "stand-ins.json"), JSON.stringify(standInsOf(modules, path), null, 2));
  const manifest = {
    build: { NAME: name },
    include: [
      "./replacements.json",
      "./stand-ins.json",
      "$(MODDABLE)/examples/manifest_base.json",
      "$(MODDABLE)/modules/base/debug/manifest.json",
      ...natives.includes,
    ],
    creation: { stack: 1024 },
    defines: { xs: { abortHook: 1 } },
    modules: {
      main: "./main",
      [`${PREFIX}test/support/harness`]: "./harness",
      ...Object.fromEntries(modules.map((module) => [`${PREFIX}${module}`, path(compiledFile(module))])),
    },
    preload: modules.filter((module) => /^(src|modules|hosts)\//.test(module)).map((module) => `${PREFIX}${module}`),
  };
  const file = join(folder, "manifest.json");
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  return file;
}
