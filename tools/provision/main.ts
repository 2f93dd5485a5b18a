#!/usr/bin/env node
/*
 * nerveshub-provision: the command. It reads arguments, files and the environment, writes files, and says what to do next.
 * Every file is its owner's alone, and nothing is written before everything was found good.
 *
 * Exit status: 0 done, 1 refused, 2 wrong arguments.
 */

import { lstatSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makePrivateFolder, writePrivateFile } from "../../hosts/node/private-file.js";
import { printable } from "../../modules/text/printable.js";
import { endOnClosedPipe } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { makeCertificate } from "./certificate.js";
import { generatorArgs, makeImage, nvsCsv, nvsPartition, partitionName, smallestImage } from "./nvs.js";
import { type ProvisionOptions, readOptions, UsageError, usage } from "./options.js";
import { hex, type Partition, readPartitionTable } from "./partition-table.js";
import { settingsOf } from "./settings.js";

/** Where the image goes, in a table of the app's; undefined without one. */
function placeOf({ partitions, tableOffset }: ProvisionOptions, least: number): Partition | undefined {
  if (partitions === undefined) return undefined;
  return nvsPartition(readPartitionTable(readFileSync(partitions), tableOffset), least);
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** With a table by its offset; else by name, in the table that is on the device. */
function howToWrite(image: string, place: Partition | undefined): string {
  if (place !== undefined) return `esptool.py write_flash ${hex(place.offset)} ${quoted(image)}`;
  const parttool = `python "$IDF_PATH/components/partition_table/parttool.py"`;
  return `${parttool} --port PORT write_partition --partition-name ${partitionName} --input ${quoted(image)}`;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function run(options: ProvisionOptions): Promise<void> {
  const { identifier, out, ca, python, force } = options;
  const path = (suffix: string): string => join(out, `${identifier}.${suffix}`);
  const [csv, image, key, certificate] = ["nvs.csv", "nvs.bin", "key.pem", "cert.pem"].map(path);
  const existing = [csv, image, ...(ca ? [key, certificate] : [])].find(isThere);
  if (existing !== undefined && !force) throw new Error(`${existing} exists; --force writes over it.`);
  const passphrase = process.env["NERVESHUB_CA_PASSPHRASE"];
  const made =
    ca &&
    (await makeCertificate(
      identifier,
      { certificatePem: readFileSync(ca.certificate, "utf8"), keyPem: readFileSync(ca.key, "utf8"), passphrase },
      options,
    ));
  const settings = settingsOf(options, made, process.env);
  const place = placeOf(options, smallestImage(settings));
  const size = place?.size ?? smallestImage(settings);
  makePrivateFolder(out);
  if (made !== undefined) {
    writePrivateFile(key, made.keyPem);
    writePrivateFile(certificate, made.certificatePem);
    console.log(`${certificate}: ${identifier}, valid until ${made.notAfter.toISOString().slice(0, 10)}`);
  }
  writePrivateFile(csv, nvsCsv(settings));
  // An image of earlier settings, beside a new key, would be flashed.
  rmSync(image, { force: true });
  const generated = makeImage(python, csv, size);
  if ("image" in generated) writePrivateFile(image, generated.image);
  else {
    const command = ["python3", ...generatorArgs(quoted(csv), quoted(image), size)].join(" ");
    console.log(
      `${csv}: no image was made (${generated.missing}). Install Espressif's generator (pip install esp-idf-nvs-partition-gen) and run  (umask 077; ${command})`,
    );
  }
  console.log(
    `${image}: replaces all that is in the partition "${partitionName}"; write it with  ${howToWrite(image, place)}`,
  );
}

endOnClosedPipe();
try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await run(options);
} catch (error) {
  const message = sentenceOf(error);
  process.stderr.write(
    `nerveshub-provision: ${printable(message)}\n${error instanceof UsageError ? `\n${usage}` : ""}`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
