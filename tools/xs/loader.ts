/*
 * Compiles loader.c when it has changed, and runs `-p lin` products with it.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BUILDS, lacking, ROOT, type Sdk } from "./sdk.js";

/** @returns path of the compiled loader; ends with status 3 where it cannot be compiled */
export function buildLoader(sdk: Sdk): string {
  if (process.platform !== "linux") lacking("the headless loader needs Linux (GLib's main loop)");
  const source = join(ROOT, "tools/xs/loader.c");
  const program = join(BUILDS, "loader");
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  const glib = spawnSync("pkg-config", ["--cflags", "--libs", "glib-2.0"], { encoding: "utf8" });
  if (glib.status !== 0) lacking("the headless loader needs GLib: apt-get install libglib2.0-dev pkg-config");
  mkdirSync(BUILDS, { recursive: true });
  const include = `-I${join(sdk.home, "build/simulators/modules")}`;
  const options = glib.stdout.trim().split(/\s+/);
  const cc = spawnSync(
    "cc",
    ["-O2", "-Wall", "-Wextra", source, include, ...options, "-ldl", "-rdynamic", "-o", program],
    {
      encoding: "utf8",
    },
  );
  if (cc.error) lacking("the headless loader needs a C compiler: apt-get install build-essential");
  if (cc.status !== 0) {
    console.error(cc.stderr);
    process.exit(1);
  }
  return program;
}

export interface ProductRun {
  /** The exit status of the product (see loader.c), once it has ended. */
  readonly ended: Promise<number>;
  /** Ends the product. */
  stop(): void;
}

/** The heap in use, which an instrumented build prints once a second. */
export interface HeapSample {
  /** Bytes. */
  chunks: number;
  /** Bytes; half of it on 32-bit devices. */
  slots: number;
  /** Bytes, the most in the last second; half of it on 32-bit devices. */
  stack: number;
}

/** Columns as in "instruments key": 9 Chunk used, 11 Slot used, 13 Stack used. */
function heapOf(line: string): HeapSample {
  const values = line.slice("instruments: ".length).split(",").map(Number);
  return { chunks: values[9], slots: values[11], stack: values[13] };
}

/**
 * Runs a product. Its output comes line by line, the counters of instrumented builds apart.
 *
 * @param folder of the product, from mcconfig()
 * @param seconds deadline
 */
export function startProduct(
  loader: string,
  folder: string,
  seconds: number,
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
  onSample?: (sample: HeapSample) => void,
): ProductRun {
  const child = spawn(loader, [...(onSample ? ["-g"] : []), "-t", String(seconds), join(folder, "mc.so")], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let partial = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("instruments: ")) onSample?.(heapOf(line));
      else if (!line.startsWith("instruments")) onLine(line);
    }
  });
  const ended = new Promise<number>((settle) => {
    child.on("close", (status, signal) => {
      if (partial) onLine(partial);
      if (signal === "SIGSEGV") console.error("the engine crashed (SIGSEGV)");
      settle(status ?? 1);
    });
  });
  return { ended, stop: () => child.kill() };
}
