import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { parseImageHead } from "../../../modules/ota/image.js";
import { isPrintable } from "../../../modules/text/printable.js";
import { after, assert, before, crypto, describe, it } from "../../support/harness.js";

const command = fileURLToPath(new URL("../../../tools/stamp/main.js", import.meta.url));
const real = new URL("../../../../../shared/data/esp-idf-images/hello-world-signed.bin", import.meta.url);

function run(...args: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
  return { status, out: stdout, error: stderr };
}

describe("nerveshub-stamp, the command", () => {
  let folder = "";
  let path = "";
  const image = buildImage({ projectName: "xs_esp32", version: "1", size: 2048 }, crypto);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nerveshub-stamp-"));
    path = join(folder, "xs_esp32.bin");
    writeFileSync(path, image);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("writes to OUT, leaves IMAGE alone and says what it did", () => {
    const output = join(folder, "out.bin");
    const { status, out } = run(path, "--product", "demo", "--version", "2.0.0", "-o", output);
    assert.equal(status, 0);
    assert.match(out, /out\.bin: xs_esp32 1 is now demo 2\.0\.0 for esp32, [0-9a-f-]{36}/);
    assert.equal(parseImageHead(new Uint8Array(readFileSync(output))).description.projectName, "demo");
    assert.deepEqual(new Uint8Array(readFileSync(path)), image);
    rmSync(output);
  });

  it("changes IMAGE itself without -o, and leaves nothing else behind", () => {
    const copy = join(folder, "copy.bin");
    copyFileSync(path, copy);
    assert.equal(run(copy, "--product", "demo", "--version", "2.0.0").status, 0);
    assert.equal(parseImageHead(new Uint8Array(readFileSync(copy))).description.version, "2.0.0");
    assert.deepEqual(readdirSync(folder).sort(), ["copy.bin", "xs_esp32.bin"]);
    const { status, out } = run("--show", copy);
    assert.equal(status, 0);
    assert.match(out, /product +demo\n/);
    rmSync(copy);
  });

  it("leaves an image with secrets built in to its owner alone", () => {
    const copy = join(folder, "private.bin");
    copyFileSync(path, copy);
    chmodSync(copy, 0o600);
    const output = join(folder, "private-out.bin");
    assert.equal(run(copy, "--product", "demo", "--version", "2.0.0", "-o", output).status, 0);
    assert.equal(run(copy, "--product", "demo", "--version", "2.0.0").status, 0);
    for (const file of [copy, output]) assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const file of [copy, output]) rmSync(file);
  });

  it("ends 1 with a sentence when it refuses, and writes nothing", () => {
    const output = join(folder, "never.bin");
    const { status, error } = run(path, "--product", "demo", "--version", "1.4", "-o", output);
    assert.equal(status, 1);
    assert.equal(error, 'nerveshub-stamp: The version "1.4" is not SemVer; did you mean 1.4.0?\n');
    assert.equal(existsSync(output), false);
    assert.equal(run(join(folder, "absent.bin"), "--product", "p", "--version", "1.0.0").status, 1);
    assert.equal(run("--show", command).status, 1);
  });

  it("ends 1 for --show of an image that NervesHub cannot use", () => {
    const { status, out } = run("--show", path);
    assert.equal(status, 0, out);
    const bad = join(folder, "bad.bin");
    writeFileSync(bad, buildImage({ projectName: "demo", version: "nightly", size: 1024 }, crypto));
    assert.equal(run("--show", bad).status, 1);
    rmSync(bad);
  });

  it("control characters: shows what a file holds instead of obeying it", () => {
    const bad = join(folder, "bad.bin");
    writeFileSync(bad, buildImage({ projectName: "a\x1b[2J\u202e\n\u009b1m", version: "1\x07", size: 1024 }, crypto));
    const shown = run("--show", bad);
    const stamped = run(bad, "--product", "demo", "--version", "1.0.0");
    rmSync(bad);
    for (const { out, error } of [shown, stamped])
      for (const line of `${out}${error}`.split("\n")) assert.ok(isPrintable(line), JSON.stringify(line));
    assert.match(shown.out, /product +a\\u001b\[2J\\u202e\\u000a\\u009b1m\n/);
    assert.match(stamped.out, /a\\u001b\[2J.* is now demo/);
  });

  it("control characters: names its output in one line", () => {
    const output = join(folder, "o\u202e\x1b[2J\nnext.bin");
    const { status, out } = run(path, "--product", "demo", "--version", "1.0.0", "-o", output);
    rmSync(output);
    assert.equal(status, 0);
    assert.equal(out.split("\n").length, 2);
    assert.ok(isPrintable(out.trimEnd()), out);
  });

  it("ends 2 with the usage for wrong arguments, and 0 for --help", () => {
    for (const args of [
      [],
      [path],
      [path, "--product", "p"],
      [path, "--nonsense"],
      ["--show"],
      ["--show", path, "-o", "x"],
    ]) {
      const { status, error } = run(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(error, /Usage: nerveshub-stamp/);
    }
    assert.equal(run("--help").status, 0);
    assert.match(run("-h").out, /^Usage: nerveshub-stamp/);
  });

  it("refuses the signed image that Espressif published", function () {
    if (!existsSync(real)) {
      console.log("skipped: real ESP-IDF images, since ../shared/data/esp-idf-images is not there");
      (this as unknown as { skip(): void }).skip();
    }
    const { status, error } = run(
      fileURLToPath(real),
      "--product",
      "p",
      "--version",
      "1.0.0",
      "-o",
      join(folder, "no"),
    );
    assert.equal(status, 1);
    assert.match(error, /stamp it before it is signed/);
    assert.equal(existsSync(join(folder, "no")), false);
  });
});
