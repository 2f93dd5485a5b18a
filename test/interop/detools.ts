/*
 * The real detools, with NervesHub's parameters.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonTool } from "./python-tool.js";

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

/** @returns undefined where it cannot be had; the reason was printed */
export function findDetools(): Detools | undefined {
  const python = pythonTool("detools");
  if (python === undefined) return undefined;
  const run = (...args: string[]): string =>
    execFileSync(python, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
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
