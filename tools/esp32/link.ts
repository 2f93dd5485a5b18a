/*
 * The ESP32 build as far as it goes without ESP-IDF: mcconfig generates it, TypeScript is checked and compiled, and the
 * SDK's linker preloads and links the whole image's byte code into mc.xs.c. Only the C compiler is left out.
 *
 * make needs two things of ESP-IDF, which have stand-ins here: a git repository with a commit at IDF_PATH, and the
 * sdkconfig.h that ESP-IDF would generate.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sourcesOf } from "../sdkconfig/app-modules.js";
import { generateApp } from "../sdkconfig/generation.js";
import { BUILDS, type Sdk } from "../xs/sdk.js";
import { byteCodeSize, linkedModules } from "./byte-code.js";

/** Names of our modules. */
export const OURS = /^nerveshub(\/|$)/;

export interface ChipTarget {
  /** mcconfig's -p */
  readonly platform: string;
  /** The chip's name in ESP-IDF. */
  readonly chip: string;
}

export interface Link {
  /** mcconfig's folder of generated files. */
  readonly folder: string;
  /** The ESP-IDF project in it. */
  readonly project: string;
  /** Our modules: name to bytes of byte code. */
  readonly modules: ReadonlyMap<string, number>;
  /** All modules: name to its source. */
  readonly sources: ReadonlyMap<string, string>;
  /** Modules whose body still has to run on the device. */
  readonly notPreloaded: readonly string[];
  /** Warnings of compiler and linker. */
  readonly warnings: readonly string[];
}

interface Output {
  status: number;
  text: string;
}

function run(command: string, options: string[], environment: NodeJS.ProcessEnv, cwd?: string): Output {
  const { status, stdout, stderr, error } = spawnSync(command, options, {
    cwd,
    env: environment,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return { status: status ?? 1, text: error ? error.message : `${stdout}${stderr}` };
}

/** Runs mcconfig without -m, which needs no ESP-IDF. */
export function generate(sdk: Sdk, manifest: string, platform: string, name: string): Output {
  const output = join(BUILDS, name);
  mkdirSync(output, { recursive: true });
  return run("mcconfig", ["-p", platform, "-o", output, manifest], sdk.environment, dirname(manifest));
}

/** Makes a git repository with one commit, which the SDK's make rules describe. @returns its folder */
function standInIdf(): string {
  const folder = join(BUILDS, "esp-idf");
  if (!existsSync(join(folder, ".git"))) {
    mkdirSync(folder, { recursive: true });
    const git = (...options: string[]) => run("git", ["-C", folder, ...options], process.env);
    git("init", "-q");
    const committed = git(
      "-c",
      "user.name=check",
      "-c",
      "user.email=check@localhost",
      "commit",
      "-qm",
      "x",
      "--allow-empty",
    );
    if (committed.status !== 0) throw new Error(`git commit: ${committed.text}`);
  }
  return folder;
}

/** Paths of the files that tsc and xsc make of a module, in the order in which they are made. */
function compiledPaths(folder: string, name: string, source: string): string[] {
  const xsb = join(folder, "modules", `${name}.xsb`);
  if (!source.endsWith(".ts")) return [xsb];
  const script = join(folder, "tsc", name, source.replace(/\.ts$/, ".js"));
  return [`${script}.map`, script, xsb];
}

/** Takes over the compiled files of an earlier link for unchanged sources: compiling takes most of the time of a link. */
function takeOver(folder: string, sources: ReadonlyMap<string, string>, earlier: Link): void {
  for (const [name, source] of sources) {
    const before = earlier.sources.get(name);
    if (before === undefined || (source !== before && readFileSync(source, "utf8") !== readFileSync(before, "utf8")))
      continue;
    const to = compiledPaths(folder, name, source);
    for (const [at, from] of compiledPaths(earlier.folder, name, before).entries())
      if (existsSync(from)) cpSync(from, to[at]);
  }
}

/**
 * @param manifest a manifest, or the package.json of an app for mcpack
 * @param name name of the output folder below .build, and build.NAME of the manifest
 * @param earlier a link of which compiled modules are taken over
 * @throws Error with the output of the tool
 */
export function link(sdk: Sdk, manifest: string, name: string, target: ChipTarget, earlier?: Link): Link {
  // Files that an earlier build left there would be linked too.
  rmSync(join(BUILDS, name, "tmp", target.platform, "release"), { recursive: true, force: true });
  const { folder } = generateApp(sdk, manifest, target.platform, join(BUILDS, name));
  const sources = sourcesOf(readFileSync(join(folder, "makefile"), "utf8"));
  const project = join(folder, `xsProj-${target.chip}`);
  mkdirSync(join(project, "build/config"), { recursive: true });
  writeFileSync(join(project, "build/config/sdkconfig.h"), "");
  if (earlier !== undefined) takeOver(folder, sources, earlier);

  const environment = { ...sdk.environment, IDF_PATH: standInIdf() };
  const made = run("make", ["-f", join(folder, "makefile"), join(folder, "mc.xs.c")], environment);
  const lines = made.text.split("\n").filter((line) => !line.startsWith("# ") && line !== "");
  if (made.status !== 0) throw new Error(lines.join("\n"));

  const linked = linkedModules(readFileSync(join(folder, "mc.xs.c"), "utf8"));
  const modules = new Map<string, number>();
  for (const { name } of linked.filter((module) => OURS.test(module.name))) {
    modules.set(name, byteCodeSize(readFileSync(join(folder, "modules", `${name}.xsb`))));
  }
  const notPreloaded = linked.filter((module) => module.runsOnDevice).map((module) => module.name);
  return {
    folder,
    project,
    modules,
    sources,
    notPreloaded,
    warnings: lines.filter((line) => /not frozen|no const/.test(line)),
  };
}
