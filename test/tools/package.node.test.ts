/*
 * Issue 12: the package as npm would publish it, unpacked where `npm install` puts it, by its public names alone.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

describe("12 the package", () => {
  before(() => {
    const options = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
    const packed = execFileSync("npm", options, { encoding: "utf8", shell: process.platform === "win32" });
    mkdirSync(home, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, packed.trim().split("\n").pop()!), "--strip-components=1", "-C", home]);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "main.js"), program);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives Node the link, its host and the features by their public names", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "function,function,function,function 3\n");
  });

  it("has every file that its exports, commands and manifests name", () => {
    const { exports, bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
      exports: Record<string, string | Record<string, string>>;
      bin: Record<string, string>;
    };
    const files = [...Object.values(exports).flatMap((one) => (typeof one === "string" ? one : Object.values(one)))];
    for (const file of [...files, ...Object.values(bin)]) assert.ok(existsSync(join(home, file)), file);
    for (const root of ["", "dist/"])
      for (const manifest of ["manifest_link", "manifest_plain", "manifest_network", "manifest_all"])
        missing(join(home, root), `${manifest}.json`);
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
