/*
 * A file that holds a secret: a private key, a device's settings, the flash of a simulated device. Nobody but the owner
 * may read it, from its first byte on.
 *
 * The rule it guards: the mode of writeFile counts only for a file that it makes, so what is there already (perhaps
 * readable by everybody, perhaps a link to somewhere else) is never written into but replaced, whole or not at all.
 */

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Owner reads and writes. */
export const privateMode = 0o600;
/** Owner alone may look into it. */
const privateFolderMode = 0o700;

/**
 * Writes beside `path` and renames. A link at `path` is replaced and not followed; what an earlier run left beside it is
 * not in the way.
 *
 * @throws the system's error; nothing is left beside `path` then
 */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  // "wx" makes the file or fails: nobody can have put one, or a link, in its place.
  const file = openSync(draft, "wx", privateMode);
  try {
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Makes a folder, and those above it, for the owner alone; one that is there already stays as it is. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: privateFolderMode });
}
