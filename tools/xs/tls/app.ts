/*
 * Builds the app of test/xs/tls and runs it against the servers, which the caller has started.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildLoader, startProduct } from "../loader.js";
import { BUILDS, findSdk, lacking, mcconfig, ROOT } from "../sdk.js";
import type { Case } from "./case.js";
import { limboCases, wycheproofFolder } from "./vectors.js";

/** Certificates, keys and the list of cases; ignored by git. */
export const folder = join(BUILDS, "tls");

/** A file with the cases of x509-limbo; undefined where they are not. */
function writeLimbo(): string | undefined {
  const cases = limboCases(Date.now());
  if (!cases) return undefined;
  const file = join(folder, "limbo.json");
  writeFileSync(file, JSON.stringify(cases));
  return file;
}

/**
 * @param variant "heap" may grow its heap in small steps only (manifest_heap.json)
 * @returns a function that runs the app over `cases` and passes its exit status on
 */
export function buildApp(
  variant: "suite" | "heap" = "suite",
): (cases: Case[], deadlineSeconds: number, more?: NodeJS.ProcessEnv) => Promise<number> {
  const sdk = findSdk();
  for (const [program, option, install] of [
    ["openssl", "version", "openssl"],
    ["erl", "-version", "erlang-base erlang-ssl"],
  ])
    if (spawnSync(program, [option]).error) lacking(`the TLS suites need ${program}: apt-get install ${install}`);
  const loader = buildLoader(sdk);
  const kind = process.argv.find((argument) => argument === "-d" || argument === "-i");
  const manifest = join(ROOT, `test/xs/tls/manifest_${variant}.json`);
  const product = mcconfig(sdk, {
    manifest,
    name: `tls-${variant}`,
    platform: "lin",
    ...(kind ? { kind } : undefined),
  });
  mkdirSync(folder, { recursive: true });
  return (cases, deadlineSeconds, more) => {
    const list = join(folder, "cases.json");
    writeFileSync(list, JSON.stringify(cases, null, 1));
    const authority = join(folder, "authority");
    const roots = join(ROOT, "modules/tls/roots.md");
    const environment = {
      ...process.env,
      TLS_CASES: list,
      TLS_ROOTS: roots,
      TLS_AUTHORITY: authority,
      TLS_WYCHEPROOF: wycheproofFolder(),
      TLS_LIMBO: writeLimbo(),
      ...more,
    };
    return startProduct(loader, product.folder, deadlineSeconds, environment, console.log).ended;
  };
}
