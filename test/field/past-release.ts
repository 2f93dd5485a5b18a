/*
 * A release of the past, built from git: its own agent, hosts, flash model, boot loader and virtual device, by its own
 * compiler options. What is built is kept in .build/field/ by commit.
 *
 * Where there is no git, or the commit is not there (a package, a shallow clone), the reason is returned and not thrown:
 * the suites say loudly that they were skipped.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PartitionTable } from "../../hosts/flash-model/partition-table.js";
import { chipId } from "../support/update-scene.js";
import { machineOf, observed, type Release } from "./release.js";
import { writeSize } from "./today.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What devices in the field run. */
export const fieldCommit = "ce69a67";

/** What is compiled, the agent and the virtual device with what they import; and the partition table. */
const parts = ["src", "modules", "hosts", "types", "test", "tsconfig.json", "package.json", "partitions.csv"];
const include = ["test/virtual/virtual-device.ts", "hosts/node/crypto.ts", "hosts/shared/flash-store.ts"];

function run(command: string, args: string[], input?: Uint8Array): Uint8Array {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, input, maxBuffer: 1 << 28 });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${String(stderr).trim() || String(stdout).trim()}`);
  return stdout;
}

/** @returns the folder of its compiled code, or why there is none here @throws Error when it does not compile */
function build(commit: string): { compiled: string } | { lacking: string } {
  const folder = join(root, ".build/field", commit);
  const compiled = join(folder, "dist");
  if (existsSync(compiled)) return { compiled };
  let archive: Uint8Array;
  try {
    archive = run("git", ["archive", "--format=tar", commit, ...parts]);
  } catch (error) {
    return { lacking: (error as Error).message };
  }
  // Beside its place until it is complete: two suites may build at once.
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    run("tar", ["-x", "-C", fresh], archive);
    const config = { extends: "./tsconfig.json", compilerOptions: { noCheck: true, declaration: false }, include };
    writeFileSync(join(fresh, "tsconfig.field.json"), JSON.stringify(config));
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(fresh, "tsconfig.field.json")]);
    renameSync(fresh, folder);
  } catch (error) {
    // Unless somebody else was faster.
    if (!existsSync(compiled)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return { compiled };
}

/** A file of what was built. */
export function pastFile(path: string): string {
  return readFileSync(join(root, ".build/field", fieldCommit, path), "utf8");
}

type Past = Parameters<typeof machineOf>[0] & { readonly link: { recordCrash(error: unknown): boolean } | undefined };

/** What is used of a past release, as ce69a67 has it. */
interface Modules {
  MemoryFlash: new (bytes: Uint8Array, writeSize: number) => object;
  openPartition(flash: object, partition: object): object;
  FlashStore: new (partition: object) => { get(key: string): Uint8Array | undefined };
  VirtualDevice: new (options: object) => Past;
  nodeCrypto: object;
}

async function load(folder: string): Promise<Modules> {
  const files = ["hosts/shared/memory-flash", "hosts/shared/partition-table", "hosts/shared/flash-store"];
  files.push("test/virtual/virtual-device", "hosts/node/crypto");
  const loaded = await Promise.all(files.map((file) => import(pathToFileURL(join(folder, `${file}.js`)).href)));
  return Object.assign({}, ...loaded) as Modules;
}

/** There, the link records crashes. */
function withCrashes(device: Past): Past {
  device.recordCrash = (error) => device.link?.recordCrash(error) ?? false;
  return device;
}

/** @param commit its name @returns a sentence where it cannot be had here */
export async function pastRelease(commit: string): Promise<Release | string> {
  const built = build(commit);
  if ("lacking" in built) return built.lacking;
  const { MemoryFlash, openPartition, FlashStore, VirtualDevice, nodeCrypto: crypto } = await load(built.compiled);
  return {
    name: commit,
    machine: (options) =>
      machineOf(
        withCrashes(
          new VirtualDevice({
            ...options,
            flash: new MemoryFlash(options.bytes, writeSize),
            crypto,
            chipId,
            link: options.application.link ?? {},
            changeHost: (host: Parameters<typeof observed>[0]) => observed(host, options),
          }),
        ),
        options,
      ),
    stored: (bytes: Uint8Array, table: PartitionTable, key: string) =>
      new FlashStore(openPartition(new MemoryFlash(bytes, writeSize), table.state)).get(key),
  };
}
