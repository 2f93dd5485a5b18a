/*
 * A tool from PyPI in a virtual environment of its own, below the system's folder for temporary files; it is installed
 * once and found again. Where there is no Python or PyPI is out of reach, there is no tool, and the reason is printed:
 * a suite that did not run never looks like one that passed.
 */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Packages on PyPI and their versions: detools as NervesHub's, Espressif's as of November 2026. */
export const tools = Object.freeze({
  detools: "0.53.0",
  esptool: "5.6.0",
  "esp-idf-nvs-partition-gen": "0.3.0",
});

/**
 * @returns the environment's Python, or undefined when the tool cannot be had here
 */
export function pythonTool(name: keyof typeof tools): string | undefined {
  const version = tools[name];
  const folder = join(tmpdir(), `nerveshub-interop-${name}-${version}`);
  const python = join(folder, "bin", "python");
  const complete = join(folder, "complete");
  if (existsSync(complete)) return python;
  rmSync(folder, { recursive: true, force: true });
  const steps: [string, string[]][] = [
    ["python3", ["-m", "venv", folder]],
    [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `${name}==${version}`]],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: 240_000 });
    if (status !== 0) {
      const reason = error?.message ?? stderr.trim().split("\n").pop();
      console.error(`skipped: ${name} ${version} from PyPI cannot be installed here (${reason})`);
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  writeFileSync(complete, "");
  return python;
}
