/*
 * Issue 12: the package as npm would publish it, installed by npm in an empty folder, by its public names alone. What it holds
 * was made by `npm run prepare`.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { SourceMap, type SourceMapping } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../../tools/xs/sdk.js";
import { after, assert, before, describe, it } from "../support/harness.js";

const name = "nerves-hub-link-moddable";
const folder = mkdtempSync(join(tmpdir(), "package-"));
const home = join(folder, "node_modules", name);

const program = `
import { NervesHubLink } from "${name}/link";
import { flashByCable, openNodePlatform } from "${name}/node";
import { Health } from "${name}/features/health";
import { Commands, Console } from "${name}/features/console";
import { ClientCertificate } from "${name}/features/client-certificate";
const made = [new Health(), new Console(), new Commands([])];
console.log([NervesHubLink, flashByCable, openNodePlatform, ClientCertificate].map((one) => typeof one).join(), made.length);
`;

/** Runs npm in the folder. @returns what it prints */
function npm(...args: string[]): string {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
}

/** The packages that an installed package needs stand in the folder, so that npm asks no registry for them. */
function copyDependencies(): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages))
    if (path !== "" && !dev) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
}

/** Paths of the package's source maps, from its folder. */
function sourceMaps(): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".map"));
}

describe("12 the package, installed in an empty folder", () => {
  let bin: Record<string, string>;
  let exported: Record<string, string | Record<string, string>>;

  before(() => {
    const packed = npm("pack", ROOT, "--silent", "--ignore-scripts").trim().split("\n").pop()!;
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
    copyDependencies();
    npm("install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, packed));
    ({ bin, exports: exported } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")));
    writeFileSync(join(folder, "main.js"), program);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives Node the link, its host and the features by their public names", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "function,function,function,function 3\n");
  });

  it("has commands that explain themselves", () => {
    assert.ok(Object.keys(bin).length > 0);
    for (const command of Object.keys(bin)) {
      const path = join(folder, "node_modules/.bin", command);
      const { status, stdout } = spawnSync(path, ["--help"], { encoding: "utf8", shell: process.platform === "win32" });
      assert.equal(status, 0, command);
      assert.ok(stdout.startsWith(`Usage: ${command} `), stdout);
    }
  });

  it("has every file that its exports, commands and manifests name", () => {
    const files = Object.values(exported).flatMap((one) => (typeof one === "string" ? one : Object.values(one)));
    for (const file of [...files, ...Object.values(bin)]) assert.ok(existsSync(join(home, file)), file);
    for (const root of ["", "dist/"])
      for (const manifest of ["manifest_link", "manifest_plain", "manifest_network", "manifest_all"])
        missing(join(home, root), `${manifest}.json`);
  });

  it("has every source that its source maps name", () => {
    const maps = sourceMaps();
    assert.ok(maps.includes(join("dist", "xs", "src", "link.js.map")), maps.join());
    for (const path of maps) {
      const { sources } = JSON.parse(readFileSync(join(home, path), "utf8")) as { sources: string[] };
      for (const source of sources) assert.ok(existsSync(join(home, dirname(path), source)), `${path}: ${source}`);
    }
  });

  it("leads from a line of a device's bundle back to the TypeScript", () => {
    const bundle = join(home, "dist/xs/src/link.js");
    const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
    const statement = 'throw new Fault("options", "bad-request-header"';
    const lines = readFileSync(bundle, "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes(statement));
    const found = map.findEntry(line, lines[line].indexOf(statement)) as SourceMapping;
    assert.equal(join(dirname(bundle), found.originalSource), join(home, "modules/http/request.ts"));
    const source = readFileSync(join(home, "modules/http/request.ts"), "utf8").split("\n");
    assert.equal(source[found.originalLine].trim(), "throw new Fault(", "an old dist/xs? npm run prepare");
  });
});

/** Follows what a manifest includes. */
function missing(root: string, path: string, seen = new Set<string>()): void {
  if (seen.has(path)) return;
  seen.add(path);
  assert.ok(existsSync(join(root, path)), join(root, path));
  interface Manifest {
    include?: string | string[];
    platforms?: Record<string, Manifest>;
  }
  const follow = ({ include = [], platforms = {} }: Manifest): void => {
    for (const one of [include].flat())
      if (!one.startsWith("$(")) missing(root, join(path, "..", one.replace("$(NERVESHUB_BEFORE)", "undefined")), seen);
    for (const platform of Object.values(platforms)) follow(platform);
  };
  follow(JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest);
}
