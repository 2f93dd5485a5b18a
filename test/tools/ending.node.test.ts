/*
 * First aid, item 18: how the programs of the try-out end, and that they leave nothing behind.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, assert, before, describe, it } from "../support/harness.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Program {
  readonly child: ChildProcess;
  /** The exit status; for one that a signal ended, its name. */
  readonly ended: Promise<number | string | null>;
  /** Resolves when the output holds `text`. */
  shows(text: string): Promise<void>;
}

function start(command: string, args: string[], env: Record<string, string>): Program {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stderr!.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once("exit", (status, signal) => resolve(status ?? signal)),
  );
  const shows = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      child.stdout!.on("data", (data: Buffer) => {
        output += data.toString();
        if (output.includes(text)) resolve();
      });
      ended.then((status) => reject(new Error(`ended with ${status}: ${output}`)));
    });
  return { child, ended, shows };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("first aid 18: programs of the try-out end cleanly", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nerveshub-ending-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const demo = () => start(process.execPath, [join(root, "dist/tools/demo/main.js")], { TMPDIR: folder });

  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    it(`${signal} ends the demonstration in mid-download and leaves no file`, async function () {
      // Its own time limit once held it for two minutes.
      this.timeout(60_000);
      const { child, ended, shows } = demo();
      await shows("10 %");
      child.kill(signal);
      assert.equal(await ended, status);
      assert.deepEqual(readdirSync(folder), []);
    });

  it("a reader that goes (npm start | head) ends the demonstration, without a trace and without a file", async function () {
    this.timeout(60_000);
    const { child, ended, shows } = demo();
    let errors = "";
    child.stderr!.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    await shows("10 %");
    child.stdout!.destroy();
    assert.equal(await ended, 141);
    assert.equal(errors, "");
    assert.deepEqual(readdirSync(folder), []);
  });

  it("a reader that goes ends the hub cleanly", async () => {
    const main = join(root, "dist/tools/hub/main.js");
    const { child, ended, shows } = start(process.execPath, [main, "--port", "0", "--firmware", folder], {});
    await shows("Type");
    child.stdout!.destroy();
    child.stdin!.write("help\n");
    assert.equal(await ended, 0);
  });

  it("SIGTERM ends a device together with its process", async () => {
    const main = join(root, "dist/tools/device/main.js");
    const where = ["--host", "127.0.0.1", "--port", "9", "--no-ssl", "--data", join(folder, "device")];
    const { child, ended, shows } = start(process.execPath, [main, ...where, "--product-key", "nhp_x"], {
      NERVESHUB_PRODUCT_SECRET: "0123456789abcdef",
    });
    await shows("Trying again");
    const { stdout } = spawnSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" });
    const agents = stdout.split("\n").filter((line) => line !== "");
    assert.equal(agents.length, 1);
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.ok(!isAlive(Number(agents[0])));
  });

  it("ending npm ends what it runs, though the shell between them keeps the signal", async () => {
    const { child, ended, shows } = start("npm", ["run", "-s", "hub", "--", "--port", "0", "--firmware", folder], {});
    await shows("Type");
    const gone = new Promise((resolve) => child.stdout!.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
    // Closed by the last process that holds it, which is the hub.
    await gone;
  });
});
