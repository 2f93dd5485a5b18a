/*
 * What a person at the command line reads of an error: our own sentences as they are, and the system's ("ENOENT: no such
 * file or directory, open …") as one that names the file, or the address, and says what about it.
 */

import { isNativeError } from "node:util/types";

/** errno(3) */
const aboutPaths: Readonly<Record<string, string>> = {
  EACCES: "may not be read or written by this user",
  EBUSY: "is in use",
  EEXIST: "exists already",
  EFBIG: "is too large",
  EISDIR: "is a folder, where a file is needed",
  ELOOP: "is a link that leads back to itself",
  EMFILE: "cannot be opened: too many files are open",
  ENAMETOOLONG: "has too long a name",
  ENOENT: "does not exist",
  ENOTDIR: "has a file in its path, where a folder is needed",
  EPERM: "may not be changed by this user",
};

const aboutDisks: Readonly<Record<string, string>> = {
  EDQUOT: "This user's part of the disk is used up",
  EIO: "The disk has a fault",
  ENOSPC: "The disk is full",
  EROFS: "The disk is read-only",
};

const aboutAddresses: Readonly<Record<string, string>> = {
  EACCES: "may not be listened on by this user; ports from 1024 on may",
  EADDRINUSE: "is in use by another program; choose another port",
};

const aboutHosts: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "is no name that this machine can look up",
  EAI_AGAIN: "could not be looked up; try again when the network is there",
};

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** @returns one sentence; the system's own words where there is no better one */
export function sentenceOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const { code = "", syscall = "", path, address, port, hostname, message } = error as SystemError;
  const host = address ?? hostname;
  if (host !== undefined && code in aboutHosts) return `${host} ${aboutHosts[code]}.`;
  if (port !== undefined && code in aboutAddresses) return `${host ?? "Port"} ${port} ${aboutAddresses[code]}.`;
  if (syscall === "") return message;
  if (code in aboutDisks) return path === undefined ? `${aboutDisks[code]}.` : `${aboutDisks[code]}: ${path}.`;
  if (!(code in aboutPaths)) return message;
  const what = code === "ENOENT" && syscall === "mkdir" ? "cannot be made there" : aboutPaths[code];
  return `${path ?? "It"} ${what}.`;
}
