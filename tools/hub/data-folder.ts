/*
 * What the hub keeps over a restart, in one private file: the token of its page, and the product key that it made, so that
 * a device that was connected yesterday connects today.
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makePrivateFolder, writePrivateFile } from "../../hosts/node/private-file.js";
import { lockFolder } from "../folder-lock.js";
import { isObject, isText } from "./json.js";

export interface Kept {
  readonly token: string;
  readonly key: string;
  readonly secret: string;
}

const base64 = () => randomBytes(32).toString("base64").replace(/=+$/, "");

/** @returns undefined for none, and for one that cannot be used */
function read(file: string): Kept | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (!isObject(value)) return undefined;
  const { token, key, secret } = value;
  return isText(token) && token !== "" && isText(key) && isText(secret) ? { token, key, secret } : undefined;
}

/**
 * Opens the folder, which is made when it is missing, for this program alone.
 *
 * @returns what is kept there, made now when there was nothing, and what gives the folder back
 * @throws Error in a sentence when another program has it
 */
export function openDataFolder(folder: string): { readonly kept: Kept; readonly close: () => void } {
  makePrivateFolder(folder);
  const close = lockFolder(folder);
  const file = join(folder, "hub.json");
  let kept = read(file);
  if (kept === undefined) {
    kept = { token: randomBytes(24).toString("base64url"), key: `nhp_${base64()}`, secret: base64() };
    writePrivateFile(file, `${JSON.stringify(kept)}\n`);
  }
  return { kept, close };
}
