/*
 * `npm run hub` as a newcomer meets it: what it prints, and that its prompt works and ends.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, describe, it } from "../../support/harness.js";

const main = fileURLToPath(new URL("../../../tools/hub/main.js", import.meta.url));

/** Runs the command with those lines typed in. */
async function run(args: readonly string[], input: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NERVESHUB_PRODUCT_SECRET: "s3cret" },
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { status, output };
}

describe("desk hub, command line", () => {
  it("says how to connect a device, answers help, and ends with quit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-main-"));
    const { status, output } = await run(
      ["--port", "0", "--firmware", folder, "--data", folder, "--key", "nhp_x"],
      "help\nquit\n",
    );
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, output);
    assert.match(
      output,
      /NERVESHUB_PRODUCT_SECRET='s3cret' npm run device -- --host 127\.0\.0\.1 --port [1-9]\d+ --no-ssl/,
    );
    assert.match(output, /mcconfig -m -p lin host=127\.0\.0\.1 port=[1-9]\d+/);
    assert.match(output, /forgive DEVICE/);
  });

  it("goes on in the background when there is no input, until it is told to stop", async () => {
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-main-"));
    const child = spawn(process.execPath, [main, "--port", "0", "--firmware", folder, "--data", folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise((resolve) => child.stdout.on("data", (data: Buffer) => data.includes("Type") && resolve(data)));
    await new Promise(setImmediate);
    assert.equal(child.exitCode, null);
    child.kill("SIGTERM");
    const status = await new Promise((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true });
    assert.equal(status, 0);
  });

  it("says in a sentence what is wrong with a port, a rate or a certificate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-main-"));
    const garbage = join(folder, "garbage.pem");
    writeFileSync(garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const [args, sentence] of [
      [["--port", "99999"], /^hub: --port needs a number from 0 to 65535, not 99999\n$/],
      [["--slow=-1"], /^hub: --slow needs a number from 1 to \d+, not -1\n$/],
      [["--slow", "0"], /^hub: --slow needs a number from 1/],
      [["--cert", garbage, "--cert-key", garbage], /^hub: --cert and --cert-key need a certificate and its own key/],
    ] as const) {
      const { status, output } = await run([...args, "--firmware", folder, "--data", folder], "");
      assert.equal(status, 1);
      assert.match(output, sentence);
    }
    rmSync(folder, { recursive: true });
  });

  it("prints its options", async () => {
    const { status, output } = await run(["--help"], "");
    assert.equal(status, 0);
    assert.match(output, /--listen ADDRESS/);
  });

  it("never falls back to plain text when TLS is asked for by halves", async () => {
    const { status, output } = await run(["--port", "0", "--cert", main], "");
    assert.equal(status, 1);
    assert.match(output, /needs both --cert and --cert-key/);
  });

  it("answers an option that it does not have with a sentence, not with a trace", async () => {
    const { status, output } = await run(["--prot", "0"], "");
    assert.equal(status, 1);
    assert.match(output, /^hub: Unknown option '--prot'/);
    assert.ok(!output.includes("at parseArgs"));
  });

  it("ends with a sentence when a file is missing", async () => {
    const { status, output } = await run(["--port", "0", "--cert", "no-such-file.pem", "--cert-key", "x"], "");
    assert.equal(status, 1);
    assert.match(output, /no-such-file\.pem/);
  });

  it("14.3 makes an image, starts devices, and they take it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "desk-hub-main-"));
    const args = ["--port", "0", "--firmware", join(folder, "fw"), "--data", join(folder, "data"), "--devices", "2"];
    const child = spawn(process.execPath, [main, ...args]);
    let output = "";
    const validated = new Promise<void>((resolve) => {
      child.stdout.on("data", (data: Buffer) => {
        output += data.toString();
        if (output.match(/firmware 1\.1\.0 is validated/g)?.length === 2) resolve();
      });
    });
    child.stdin.write("make 1.1.0\n");
    await validated;
    child.stdin.write("devices\nquit\n");
    const status = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true });
    assert.equal(status, 0);
    assert.match(output, /desk-01, desk-02 started/);
    assert.match(output, /demo-1\.1\.0\.bin is in the folder of images/);
    assert.match(output, /desk-02 +connected +1\.1\.0 on esp32s3/);
  });
});
