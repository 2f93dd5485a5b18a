#!/usr/bin/env node
/*
 * nerveshub-stamp: the command. It reads arguments, reads and writes files and says what happened; the rest is in
 * stamp-image.ts and image-report.ts.
 *
 * Exit status: 0 done (or, with --show, usable), 1 refused (or not usable), 2 wrong arguments.
 */

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { Fault } from "../../modules/fault/fault.js";
import { maxImageSize, parseImageHead } from "../../modules/ota/image.js";
import { printable } from "../../modules/text/printable.js";
import { firmwareMetadata } from "../../src/firmware/firmware-metadata.js";
import { endOnClosedPipe } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { reportImage, reportLines } from "./image-report.js";
import { stampImage } from "./stamp-image.js";
import { headOf } from "./wrong-file.js";

const help = `Usage: nerveshub-stamp IMAGE --product NAME --version X.Y.Z [-o OUT]
       nerveshub-stamp --show IMAGE

Writes product and version into an ESP-IDF application image (xs_esp32.bin), under which NervesHub then files it.
Stamp before signing. The firmware uuid comes from the build and does not change.

  --product NAME    the product's name in NervesHub, at most 31 bytes
  --version X.Y.Z   SemVer, at most 31 bytes
  -o, --output OUT  write there; without it IMAGE itself is changed
  --show            print what NervesHub would read, and what would make the image unusable there
  -h, --help        print this

Exit status: 0 done, or usable; 1 refused, or not usable; 2 wrong arguments.
`;

const options = {
  product: { type: "string" },
  version: { type: "string" },
  output: { type: "string", short: "o" },
  show: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

class UsageError extends Error {}

function read(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (bytes.byteLength > maxImageSize) {
    throw new Fault("image", "not-an-image", `${path} has ${bytes.byteLength} bytes; no image is larger than 16 MB.`);
  }
  return new Uint8Array(bytes);
}

/**
 * Whole or not at all: a broken image under the right name is worse than none.
 * @param like the image that it was made from: one with secrets built in may be its owner's alone, and stays so
 */
function write(path: string, bytes: Uint8Array, like: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, bytes, { flag: "wx", mode: statSync(like).mode & 0o777 });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function show(path: string): number {
  const report = reportImage(read(path), nodeCrypto);
  console.log(reportLines(report).join("\n"));
  return report.problems.length === 0 ? 0 : 1;
}

function stamp(path: string, product: string, version: string, output: string): number {
  const image = read(path);
  const before = headOf(image).description;
  const stamped = stampImage(image, { product, version }, nodeCrypto);
  write(output, stamped, path);
  const { uuid, platform } = firmwareMetadata(parseImageHead(stamped));
  const from = `${before.projectName} ${before.version}`;
  console.log(printable(`${output}: ${from} is now ${product} ${version} for ${platform}, ${uuid}`));
  return 0;
}

function run(args: string[]): number {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(sentenceOf(error));
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length !== 1) throw new UsageError(`One IMAGE is needed, ${positionals.length} were given.`);
  const [path] = positionals;
  if (values.show) {
    if (values.product ?? values.version ?? values.output)
      throw new UsageError("--show changes nothing; it goes alone.");
    return show(path);
  }
  if (values.product === undefined) throw new UsageError("--product is missing.");
  if (values.version === undefined) throw new UsageError("--version is missing.");
  return stamp(path, values.product, values.version, values.output ?? path);
}

endOnClosedPipe();
try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  const message = sentenceOf(error);
  if (error instanceof UsageError) process.stderr.write(`nerveshub-stamp: ${printable(message)}\n\n${help}`);
  else process.stderr.write(`nerveshub-stamp: ${printable(message)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
