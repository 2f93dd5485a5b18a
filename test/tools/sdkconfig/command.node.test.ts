/*
 * nerveshub-sdkconfig as it is typed, with the mcconfig of a Moddable SDK. Skipped where there is none.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, assert, before, describe, it } from "../../support/harness.js";

const program = fileURLToPath(new URL("../../../tools/sdkconfig/main.js", import.meta.url));
const check = fileURLToPath(new URL("../../../tools/esp32/check.js", import.meta.url));
const home = process.env["MODDABLE"] ?? join(homedir(), ".local/share/moddable");
const system = process.platform === "darwin" ? "mac" : "lin";
const sdkTools = join(home, "build/bin", system, "release");

const ours = "./.build/sdkconfig/$(FULLPLATFORM)/manifest.json";
const slots = "otadata,data,ota,,8K\nnvs,data,nvs,,24K\nota_0,app,ota_0,,1M\nota_1,app,ota_1,,1M\n";

describe("7: nerveshub-sdkconfig, the command", () => {
  let folder: string;

  before(function () {
    if (!existsSync(sdkTools)) this.skip();
    folder = mkdtempSync(join(tmpdir(), "sdkconfig-"));
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** An app of the name. @returns its manifest */
  function app(name: string, build: object, more: object = {}): string {
    mkdirSync(join(folder, name), { recursive: true });
    const manifest = join(folder, name, "manifest.json");
    const text = {
      build: { NAME: name, ...build },
      include: "$(MODDABLE)/examples/manifest_base.json",
      creation: { stack: 64 },
      platforms: { esp32: { include: ours } },
      ...more,
    };
    writeFileSync(manifest, JSON.stringify(text));
    return manifest;
  }

  function file(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  function run(args: string[], cwd = folder, tool = program): { status: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args], { cwd, encoding: "utf8" });
    return { status, said: stdout + stderr };
  }

  const written = (manifest: string, target: string, name = "manifest.json") =>
    readFileSync(join(dirname(manifest), ".build/sdkconfig", target, name), "utf8");

  it("takes options with a trailing blank in the SDK's files for what they are", () => {
    assert.equal(run([app("blank", {}), "-p", "esp32/qtpys3"]).status, 0);
  });

  it("12 names the missing include first, which mends the other faults", () => {
    const { status, said } = run([app("bare", {}, { platforms: {} }), "-p", "esp32/m5dial"]);
    assert.equal(status, 1);
    assert.match(said, /is written\.\nmcconfig takes one folder of options, .*\n.*Rollback is off/);
  });

  it("merges the app's options wherever it is run from", () => {
    file("common/sdkconfig/sdkconfig.defaults", "CONFIG_LWIP_MAX_SOCKETS=12\n");
    const manifest = app("away", { SDKCONFIGPATH: "../common/sdkconfig" });
    for (const cwd of [folder, dirname(manifest)]) {
      assert.equal(run([manifest, "-p", "esp32/m5dial"], cwd).status, 0);
      assert.match(written(manifest, "esp32/m5dial", "sdkconfig.defaults"), /CONFIG_LWIP_MAX_SOCKETS=12/);
    }
  });

  it("refuses an SDKCONFIGPATH that does not exist, and says which PARTITIONS_FILE does not", () => {
    const options = run([app("lost", { SDKCONFIGPATH: "../gone" }), "-p", "esp32/m5dial"]);
    assert.equal(options.status, 1);
    assert.match(options.said, /SDKCONFIGPATH is .*\/gone, and there is no such folder/);
    const table = run([app("lost", { PARTITIONS_FILE: "./gone.csv" }), "-p", "esp32/m5dial"]);
    assert.equal(table.status, 1);
    assert.match(table.said, /PARTITIONS_FILE is \.\/gone\.csv, and there is no .*\/lost\/gone\.csv/);
    assert.match(table.said, /-p esp32\/m5dial/);
    assert.ok(!table.said.includes("empty-"), table.said);
  });

  it("an interrupted run leaves a manifest that builds stop at", () => {
    const manifest = app("cut", {});
    assert.equal(run([manifest, "-p", "esp32/m5dial"]).status, 0);
    const bin = join(folder, "bin/build/bin", system, "release");
    mkdirSync(bin, { recursive: true });
    // The second mcconfig, which generates the app, takes the tool with it.
    writeFileSync(
      join(bin, "mcconfig"),
      `#!/bin/sh\nexport MODDABLE="${home}"\ncase "$*" in *bare.json) exec "${sdkTools}/mcconfig" "$@";; esac\nkill -9 $PPID\n`,
      { mode: 0o755 },
    );
    const env = { ...process.env, MODDABLE: join(folder, "bin") };
    const cut = spawnSync(process.execPath, [program, manifest, "-p", "esp32/m5dial"], { env });
    assert.equal(cut.signal, "SIGKILL");
    const real = { ...process.env, MODDABLE: home };
    const output = mkdtempSync(join(folder, "out-"));
    const args = ["-p", "esp32/m5dial", "-o", output, manifest];
    assert.equal(spawnSync(join(sdkTools, "mcconfig"), args, { env: real }).status, 1);
    assert.deepEqual(
      readdirSync(join(dirname(manifest), ".build/sdkconfig/esp32/m5dial")).filter((name) => name.endsWith(".new")),
      [],
    );
  });

  it("refuses protection that is switched off under a name of before", () => {
    file("old/sdkconfig/sdkconfig.defaults", "CONFIG_APP_ROLLBACK_ENABLE=n\nCONFIG_TASK_WDT=n\n");
    const { status, said } = run([app("old", { SDKCONFIGPATH: "./sdkconfig" }), "-p", "esp32"]);
    assert.equal(status, 1);
    assert.match(said, /Rollback is off.*\n.*watchdog is off/);
  });

  it("splits a table without slots only, and says whose table it is", () => {
    const manifest = app("table", { PARTITIONS_FILE_FOR_TARGET: "./partitions.csv" });
    file("table/partitions.csv", `${slots}factory,app,factory,,1M\n`);
    const own = run([manifest, "-p", "esp32/esp32c3"]);
    assert.equal(own.status, 0);
    assert.ok(!written(manifest, "esp32/esp32c3").includes("autosplit"));
    assert.ok(!own.said.includes("The partition table is that of"), own.said);
    assert.match(own.said, /Note: Small slots: ota_0 1024 KB/);
    const targets = run([manifest, "-p", "esp32/m5dial"]);
    assert.equal(targets.status, 0);
    assert.ok(written(manifest, "esp32/m5dial").includes("autosplit"));
    assert.match(targets.said, /Note: The partition table is that of esp32\/m5dial.*\(partitions\.csv\)/);
  });

  it("says where the include belongs when another section wins", () => {
    const platforms = { esp32: { include: ours }, "esp32/*": { build: { X: "y" } } };
    const { status, said } = run([app("section", {}, { platforms }), "-p", "esp32/m5dial"]);
    assert.equal(status, 1);
    assert.match(said, /as the last include of the section of "platforms" that counts for esp32\/m5dial/);
  });

  it("takes a target of one's own by its path from the app's folder, and several targets", () => {
    const manifest = app("mine", {});
    file("mine/board/manifest.json", '{"build": {"ESP32_SUBCLASS": "esp32s3", "SUBPLATFORM": "myBoard"}}');
    const { status, said } = run([manifest, "-p", "esp32:./board", "-p", "esp32/esp32c6"]);
    assert.equal(status, 0, said);
    assert.ok(written(manifest, "esp32/myBoard").includes("./"));
    assert.ok(written(manifest, "esp32/esp32c6").includes("./"));
  });

  it("takes package.json where there is no manifest.json, and says when there is neither", () => {
    const empty = mkdtempSync(join(folder, "empty-"));
    const neither = run(["-p", "esp32"], empty);
    assert.equal(neither.status, 2);
    assert.match(neither.said, /neither manifest\.json nor package\.json/);
    writeFileSync(join(empty, "package.json"), "{}");
    assert.match(run(["-p", "esp32"], empty).said, /mcpack -p esp32/);
    assert.match(run(["--help"]).said, /package\.json/);
  });

  for (const [args, sentence] of [
    [["gone.json"], /^There is no file .*gone\.json\.\n$/],
    [["--bogus"], /^Unknown option '--bogus'/],
    [["-p", "lin"], /^-p wants esp32\/TARGET, and not lin\.\n$/],
  ] as const) {
    it(`check:esp32 ${args.join(" ")} ends with a sentence`, () => {
      const { status, said } = run([...args], folder, check);
      assert.equal(status, 2);
      assert.match(said, sentence);
      assert.ok(!said.includes("    at "), said);
    });
  }
});
