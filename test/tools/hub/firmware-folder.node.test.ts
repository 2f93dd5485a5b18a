import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../../hosts/node/crypto.js";
import { FirmwareFolder, type Look } from "../../../tools/hub/firmware-folder.js";
import { FirmwareLibrary } from "../../../tools/hub/firmware-library.js";

const image = (version: string) => buildImage({ chipId: 9, projectName: "demo", version, seed: 1 }, nodeCrypto);

describe("14.10 the hub's folder", () => {
  let path: string;
  let folder: FirmwareFolder;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), "firmware-"));
    folder = new FirmwareFolder(path, new FirmwareLibrary("demo"));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  const file = (name: string) => join(path, name);
  const versions = ({ added }: Look) => added.map(({ metadata }) => metadata.version);
  const nothing = { added: [], refused: new Map() };

  it("an image is taken when its size and time have stood for two looks", () => {
    writeFileSync(file("a.bin"), image("1.0.0"));
    assert.deepEqual(folder.look(), nothing);
    assert.deepEqual(versions(folder.look()), ["1.0.0"]);
    assert.deepEqual(folder.look(), nothing);
  });

  it("an image that is being copied is not looked at, and taken when it is there whole", () => {
    const bytes = image("1.0.0");
    writeFileSync(file("a.bin"), bytes.subarray(0, 1000));
    for (let at = 1000; at < bytes.length; at += 40_000) {
      assert.deepEqual(folder.look(), nothing);
      appendFileSync(file("a.bin"), bytes.subarray(at, at + 40_000));
    }
    folder.look();
    assert.deepEqual(versions(folder.look()), ["1.0.0"]);
  });

  it("half an image, whose copy was broken off, is refused once, and taken when it is whole", () => {
    const bytes = image("1.0.0");
    writeFileSync(file("a.bin"), bytes.subarray(0, bytes.length / 2));
    folder.look();
    assert.deepEqual([...folder.look().refused.keys()], ["a.bin"]);
    assert.deepEqual(folder.look(), nothing);
    writeFileSync(file("a.bin"), bytes);
    folder.look();
    assert.deepEqual(versions(folder.look()), ["1.0.0"]);
  });

  it("UPPER.BIN is an image too", () => {
    writeFileSync(file("UPPER.BIN"), image("1.0.0"));
    folder.look();
    assert.deepEqual(versions(folder.look()), ["1.0.0"]);
  });

  it("links to nowhere and in a circle, a folder, a FIFO and an empty file get one line each, and end and hold nothing", () => {
    symlinkSync(file("nowhere"), file("dangling.bin"));
    symlinkSync(file("circle.bin"), file("circle.bin"));
    mkdirSync(file("folder.bin"));
    execFileSync("mkfifo", [file("fifo.bin")]);
    writeFileSync(file("empty.bin"), "");
    const told = new Map<string, string>();
    for (let look = 0; look < 4; look++) {
      for (const [name, why] of folder.look().refused) {
        assert.ok(!told.has(name), `${name} is told again`);
        told.set(name, why);
      }
    }
    assert.deepEqual([...told.keys()].sort(), ["circle.bin", "dangling.bin", "empty.bin", "fifo.bin", "folder.bin"]);
    assert.equal(told.get("fifo.bin"), "it is not a file");
  });

  it("a dangling link whose file comes back is taken", () => {
    symlinkSync(file("elsewhere"), file("a.bin"));
    folder.look();
    writeFileSync(file("elsewhere"), image("1.0.0"));
    folder.look();
    assert.deepEqual(versions(folder.look()), ["1.0.0"]);
    unlinkSync(file("elsewhere"));
    assert.equal(folder.look().refused.size, 1);
  });

  it("a file, or a folder, without permission gets one line", function () {
    if (process.getuid?.() === 0) this.skip();
    writeFileSync(file("a.bin"), image("1.0.0"), { mode: 0 });
    folder.look();
    assert.match(folder.look().refused.get("a.bin") ?? "", /EACCES/);
    chmodSync(path, 0);
    assert.match(folder.look().refused.get("the folder of images") ?? "", /EACCES/);
    assert.deepEqual(folder.look(), nothing);
    chmodSync(path, 0o700);
  });

  it("a folder that is a file gets one line, and one that is not there none", () => {
    rmSync(path, { recursive: true });
    assert.deepEqual(folder.look(), nothing);
    writeFileSync(path, "");
    assert.equal(folder.look().refused.size, 1);
    assert.deepEqual(folder.look(), nothing);
  });
});
