/*
 * Finds the Moddable SDK and runs its tools. Every command that needs the SDK ends with status 3 and one sentence on a machine
 * without it: .ci/run then prints "skipped", never "passed".
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Exit status for "this machine lacks what the command needs". */
export const LACKING = 3;

/** The repository, from dist/tools/xs. */
export const ROOT = resolve(import.meta.dirname, "../../..");

/** Builds go here; ignored by git. */
export const BUILDS = join(ROOT, ".build");

export interface Sdk {
  /** $MODDABLE */
  readonly home: string;
  /** Environment for child processes: MODDABLE is set, and the SDK's tools are on the PATH. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Ends the program with status 3, and prints one sentence on what is missing. */
export function lacking(sentence: string): never {
  console.log(sentence);
  process.exit(LACKING);
}

/** @returns the SDK of $MODDABLE, or the one where xs-dev installs it; ends with status 3 without an SDK */
export function findSdk(): Sdk {
  const home = process.env["MODDABLE"] ?? join(homedir(), ".local/share/moddable");
  const platform = process.platform === "darwin" ? "mac" : process.platform === "win32" ? "win" : "lin";
  const tools = join(home, "build/bin", platform, "release");
  if (!existsSync(tools)) lacking(`no Moddable SDK: set MODDABLE, or install one with xs-dev (looked in ${home})`);
  const environment = { ...process.env, MODDABLE: home, PATH: `${tools}:${process.env["PATH"]}` };
  return { home, environment };
}

export interface Build {
  manifest: string;
  /** The manifest's build.NAME; the output's folder has that name. */
  name: string;
  /** mcconfig's -p */
  platform: string;
  /** "-d", "-i" or neither */
  kind?: string;
  /** Output folder below .build; default: the name. */
  output?: string;
  /** key=value pairs for mc/config */
  config?: string[];
}

const kindFolders = new Map([
  ["-d", "debug"],
  ["-i", "instrument"],
]);

export interface Product {
  /** The folder with mc.so, xs_esp32.bin, … */
  readonly folder: string;
  /** mcconfig's folder of generated files: mc.xs.c, mc.defines.h, … */
  readonly generated: string;
  /** The linker's warnings: state that cannot be preloaded ("not frozen", "no const"), lost optimisations. */
  readonly warnings: readonly string[];
  /** Output of the tools when the build failed. */
  readonly failure: string | undefined;
}

/** Builds with mcconfig below `.build/`, quietly. */
export function build(sdk: Sdk, { name, kind, platform, manifest, output: below = name, config = [] }: Build): Product {
  const output = join(BUILDS, below);
  mkdirSync(output, { recursive: true });
  const flags = [...(kind ? [kind] : []), "-m", "-p", platform, "-t", "build", "-o", output];
  const run = spawnSync("mcconfig", [...flags, manifest, ...config], {
    env: sdk.environment,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const lines = `${run.stdout}${run.stderr}`.split("\n");
  // Warnings of the SDK's own TLS are left out: its state between calls is not ours to freeze.
  const warnings = lines.filter((line) => /not frozen|no const|cannot optimize/.test(line) && !/: ssl\//.test(line));
  const folderOf = kindFolders.get(kind ?? "") ?? "release";
  const middle = platform === "lin" ? "lin/mc" : platform;
  return {
    folder: join(output, "bin", middle, folderOf, name),
    generated: join(output, "tmp", middle, folderOf, name),
    warnings,
    failure: run.status === 0 ? undefined : lines.filter((line) => !/^# /.test(line)).join("\n"),
  };
}

/** Builds as `build` does; on failure prints the tools' output and ends with status 1. */
export function mcconfig(sdk: Sdk, wanted: Build): Product {
  const product = build(sdk, wanted);
  if (product.failure !== undefined) {
    console.error(product.failure);
    console.error(`${wanted.name}: the build failed`);
    process.exit(1);
  }
  for (const warning of product.warnings) console.error(warning);
  return product;
}
