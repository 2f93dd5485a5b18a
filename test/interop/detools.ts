/*
 * The real detools, the version and parameters of NervesHub, in a Python environment below the system's temporary
 * folder: made on first use from PyPI, kept for the next run. Where that fails, the reason is returned, not thrown:
 * callers skip loudly.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const detoolsVersion = "0.53.0";

export interface Detools {
  /** The program and its first arguments, as the desk hub wants them. */
  readonly command: readonly string[];
  /** The patch from `from` to `to` with NervesHub's parameters, unless `options` say otherwise. */
  createPatch(from: Uint8Array, to: Uint8Array, ...options: string[]): Uint8Array;
  /** Applies a patch with detools' Python decoder (heatshrink is C there): its CPU milliseconds, the best of three. */
  applyMs(from: Uint8Array, patch: Uint8Array, to: Uint8Array): number;
  /** Removes the working folder. */
  close(): void;
}

const applyScript = `
import io, sys, time, detools
source, patch, target = (open(name, "rb").read() for name in sys.argv[1:4])
best = None
for _ in range(3):
    out = io.BytesIO()
    start = time.process_time()
    detools.apply_patch(io.BytesIO(source), io.BytesIO(patch), out)
    taken = time.process_time() - start
    assert out.getvalue() == target
    best = taken if best is None else min(best, taken)
print(best * 1000)
`;

/** @returns detools, or why it cannot be had */
export function findDetools(): Detools | string {
  const venv = join(tmpdir(), `nerves-hub-link-detools-${detoolsVersion}-${process.getuid?.() ?? "user"}`);
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const run = (...args: string[]): string =>
    execFileSync(python, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const installed = (): boolean => existsSync(python) && run("-m", "detools", "--version").trim() === detoolsVersion;
  try {
    if (!installedQuietly(installed)) {
      rmSync(venv, { recursive: true, force: true });
      execFileSync("python3", ["-m", "venv", venv], { stdio: "pipe", timeout: 60_000 });
      execFileSync(python, ["-m", "pip", "install", "-q", "--retries", "1", `detools==${detoolsVersion}`], {
        stdio: "pipe",
        timeout: 240_000,
      });
    }
  } catch (error) {
    rmSync(venv, { recursive: true, force: true });
    const reason = String(error instanceof Error ? error.message : error).trim();
    return `detools ${detoolsVersion} cannot be installed from PyPI: ${reason.split("\n").at(-1)}`;
  }
  const folder = mkdtempSync(join(tmpdir(), "nerves-hub-link-delta-"));
  const file = (name: string, bytes?: Uint8Array): string => {
    const path = join(folder, name);
    if (bytes !== undefined) writeFileSync(path, bytes);
    return path;
  };
  return {
    command: [python, "-m", "detools"],
    createPatch(from, to, ...options): Uint8Array {
      const server = ["--compression", "heatshrink", "--patch-type", "sequential", "--algorithm", "bsdiff"];
      const patch = file("patch");
      run("-m", "detools", "create_patch", ...server, ...options, file("from", from), file("to", to), patch);
      return new Uint8Array(readFileSync(patch));
    },
    applyMs: (from, patch, to) =>
      Number(run("-c", applyScript, file("from", from), file("patch", patch), file("to", to))),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function installedQuietly(installed: () => boolean): boolean {
  try {
    return installed();
  } catch {
    return false;
  }
}
