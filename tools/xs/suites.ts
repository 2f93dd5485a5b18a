/*
 * Writes the XS app that runs the suites: a manifest and a main over the JavaScript that our own compiler made.
 *
 * mcconfig does not compile the TypeScript, since it starts the compiler once per module; the sources are the same. As in the
 * product, all our modules but the suites are preloaded (so they are frozen, and their Maps and typed arrays are read-only),
 * and built-ins that no module names are stripped.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { PREFIX, readNatives } from "./natives.js";
import { BUILDS, ROOT } from "./sdk.js";

/** The folders of the suites' host, whose modules are all in the app. */
const hostFolders = ["hosts/xs", "hosts/simulator"];

/** Where modules were compiled to: for XS first, since dist/ may hold older versions of files that only XS runs. */
const compiled = [join(BUILDS, "js"), join(ROOT, "dist")];

/** Paths of modules whose name in manifests is not their path. */
const renamed = new Map([["hosts/platform/secure", "hosts/xs/secure"]]);
/** Files that are no modules under their own path, or that only an application imports. */
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

/** Whether a suite measures the heap. It then runs in a process of its own: garbage of other suites varied by 30 KB of slots. */
export const measuresHeap = (suite: string): boolean => suite.endsWith("-heap.test");

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

/** The module that uses functions of an ESP32, which the suites' app has in stand-ins. */
const otaWriter = "src/features/ota-writer/sdk-writer";

/** Stand-ins of the SDK's module and ESP-IDF's functions. @param local makes a path relative to the app's manifest */
function standInsOf(modules: readonly string[], local: (file: string) => string): object {
  if (!modules.includes(otaWriter)) return {};
  const manifest = JSON.parse(readFileSync(join(ROOT, dirname(otaWriter), "manifest.json"), "utf8"));
  return {
    modules: { ota: local(compiledFile("test/xs/ota")) },
    preload: ["ota"],
    ffi: { ...manifest.platforms.esp32.ffi, sources: [local(join(ROOT, "test/xs/esp-ota.c"))] },
  };
}

/** The module name of a suite. */
export const moduleOf = (suite: string): string => `${PREFIX}${suite}`;

/**
 * Writes the app that runs `suites`.
 * @param name name of the app
 * @param suites module names
 * @param together the suites that run where NERVESHUB_SUITE names none
 * @returns path of the app's manifest
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
  // Stand-ins come first in the app's list of includes, since the first manifest that lists a module's name provides it.
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
