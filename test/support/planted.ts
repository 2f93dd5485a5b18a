/*
 * Runs tools/rules/main.mjs over a tree of planted files, as `npm run check` does over ours.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The compiler's server says this at times when it is closed. */
const compilerEnded = "context canceled";

const rules = resolve("tools/rules/main.mjs");

/**
 * @param files text by path
 * @param only beginning of a rule's name; default: all of them
 * @returns its status, and what it says, a line each
 */
export function check(files: Readonly<Record<string, string>>, only = ""): { status: number | null; lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), "nerveshub-rules-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [rules, only], { cwd: root, encoding: "utf8" });
    const lines = stderr.split("\n").filter((line) => line !== "" && line !== compilerEnded);
    return { status, lines };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The places, "path:line", of the lines that say `what`. */
export const placesOf = (lines: readonly string[], what: string): string[] =>
  lines.filter((line) => line.includes(what)).map((line) => line.slice(0, line.indexOf(": ")));
