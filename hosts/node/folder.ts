/*
 * Folder: one that is made, with what is missing above it.
 *
 * Not `recursive` of mkdir: where a folder takes none (/proc), Node 20 and 22 look for the missing one for ever.
 */

import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes the folder; existing ones stay as they are.
 *
 * @param mode of the folders that are made
 * @throws the system's error
 */
export function makeFolder(path: string, mode?: number): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another process may have made it meanwhile; at a link to nowhere there is none.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !existsSync(folder)) throw error;
    }
  }
}
