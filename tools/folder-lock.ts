/*
 * Folder lock: one program at a time keeps its data in a folder. A second one would write over what the first has, and both
 * would lose.
 *
 * It is a file with the process's id. One that is left behind by a process that is gone (a power cut) counts as none.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function holderOf(lock: string): number | undefined {
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    return Number.isInteger(holder) && holder > 0 && holder !== process.pid && isAlive(holder) ? holder : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Takes the folder, which exists.
 *
 * @returns gives it back
 * @throws Error in a sentence when another program has it
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, "lock");
  for (let attempt = 0; ; attempt++) {
    const holder = holderOf(lock);
    if (holder !== undefined)
      throw new Error(
        `${folder} is in use by another program (process ${holder}); give this one a folder of its own with --data.`,
      );
    rmSync(lock, { force: true });
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      // Another one was faster: the next look shows who.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 0) throw error;
    }
  }
}
