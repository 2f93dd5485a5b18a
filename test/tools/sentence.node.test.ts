import assert from "node:assert/strict";
import { lookup } from "node:dns";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeFolder } from "../../hosts/node/folder.js";
import { Fault } from "../../modules/fault/fault.js";
import { sentenceOf } from "../../tools/sentence.js";

/** What the system says, as a person reads it. */
const said = async (attempt: () => unknown): Promise<string> => {
  try {
    await attempt();
  } catch (error) {
    return sentenceOf(error);
  }
  return "";
};

const listen = (port: number, host: string): Promise<string> =>
  said(
    () =>
      new Promise((_resolve, reject) => {
        createServer().once("error", reject).listen(port, host);
      }),
  );

describe("14.7 no raw ENOENT", () => {
  const folder = mkdtempSync(join(tmpdir(), "sentence-"));
  const path = (name: string): string => join(folder, name);
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("what the system says of a file names the file, and says what about it", async () => {
    writeFileSync(path("file"), "");
    symlinkSync(path("circle"), path("circle"));
    assert.equal(await said(() => readFileSync(path("none"))), `${path("none")} does not exist.`);
    assert.equal(
      await said(() => readFileSync(path("file/x"))),
      `${path("file/x")} has a file in its path, where a folder is needed.`,
    );
    assert.equal(await said(() => mkdirSync(path("file"))), `${path("file")} exists already.`);
    assert.equal(
      await said(() => readFileSync(path("circle"))),
      `${path("circle")} is a link that leads back to itself.`,
    );
    const long = path("x".repeat(300));
    assert.equal(await said(() => readFileSync(long)), `${long} has too long a name.`);
    assert.equal(await said(() => readFileSync(folder)), "It is a folder, where a file is needed.");
  });

  it("what it says of an address names the address", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    assert.equal(
      await listen(port, "127.0.0.1"),
      `127.0.0.1 ${port} is in use by another program; choose another port.`,
    );
    server.close();
    assert.equal(await listen(0, "192.0.2.1"), "192.0.2.1 is no address of this machine.");
    assert.match(await said(() => promisify(lookup)("no.such.name.invalid")), /^no\.such\.name\.invalid (is|could) no/);
  });

  it("our own sentences stay as they are, and so does what nobody has words for", () => {
    assert.equal(sentenceOf(new Fault("image", "bad-magic", "It is no image.")), "It is no image.");
    assert.equal(sentenceOf(new Error("EIO: i/o error, read")), "EIO: i/o error, read");
    assert.equal(sentenceOf("text"), "text");
  });
});

describe("14.10 a folder that cannot be made", () => {
  it("ends in a sentence, where mkdir looks for ever", async function () {
    if (process.platform !== "linux") this.skip();
    assert.equal(await said(() => makeFolder("/proc/x/y")), "/proc/x cannot be made there.");
  });

  it("and folders above it are made", () => {
    const folder = mkdtempSync(join(tmpdir(), "folder-"));
    makeFolder(join(folder, "a/b/c"), 0o700);
    makeFolder(join(folder, "a/b/c"));
    rmSync(folder, { recursive: true });
  });
});
