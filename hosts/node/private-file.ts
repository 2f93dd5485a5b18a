/*
 * Private file: a file with a secret (a private key, a device's settings, the flash of a simulated device), which only its
 * owner may read, from its first byte on.
 *
 * The rule it guards: an existing file, which may be readable by everybody or a link to somewhere else, is never written
 * into but replaced, whole or not at all. (writeFile applies its mode only to a file that it makes.)
 */

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { makeFolder } from "./folder.js";

/** Only the owner reads and writes the file. */
export const privateMode = 0o600;
/** Only the owner may list the folder. */
const privateFolderMode = 0o700;

/**
 * Writes a file beside `path` and renames it. A link at `path` is replaced and not followed; files that an earlier run left
 * there do no harm.
 *
 * @throws the system's error; no file is left beside `path` then
 */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  // "wx" makes the file or fails, so that no file or link of somebody else is written into.
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

/** Makes a folder, and missing ones above it, for the owner alone; existing folders stay as they are. */
export function makePrivateFolder(path: string): void {
  makeFolder(path, privateFolderMode);
}
