/*
 * Espressif's own generator on our settings: what the device's NVS driver will find in its flash.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeImage, nvsCsv, smallestImage } from "../../tools/provision/nvs.js";
import { after, assert, before, describe, fixture, it } from "../support/harness.js";
import { pythonTool } from "./python-tool.js";

const python = pythonTool("esp-idf-nvs-partition-gen");

describe("nvs_partition_gen", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvs-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function made(settings: ReadonlyMap<string, Uint8Array>, size: number): Buffer {
    const csv = join(folder, "settings.csv");
    writeFileSync(csv, nvsCsv(settings));
    const generated = makeImage(String(python), csv, size);
    if ("missing" in generated) throw new Error(generated.missing);
    return Buffer.from(generated.image);
  }

  it("makes an image of the partition's size that holds every value", function () {
    if (python === undefined) return void this.skip();
    const certificate = fixture("x509/p256-certificate.der");
    const host = new TextEncoder().encode("hub.example");
    const image = made(
      new Map([
        ["host", host],
        ["cert", certificate],
      ]),
      0x6000,
    );
    assert.equal(image.byteLength, 0x6000);
    for (const part of ["nerveshub", "host.a", "cert.a", Buffer.from(host), Buffer.from(certificate)])
      assert.ok(image.includes(part));
  });

  it("takes the size that the settings were said to need, whatever they are", function () {
    if (python === undefined) return void this.skip();
    for (const [count, bytes] of [
      [1, 1],
      [11, 2048],
      [12, 1000],
      [40, 33],
      [31, 2000],
    ]) {
      const values = Array.from(
        { length: count },
        (_, i) => [`value-${i}`, new Uint8Array(bytes).fill(i + 1)] as const,
      );
      const settings = new Map(values);
      assert.equal(made(settings, smallestImage(settings)).byteLength, smallestImage(settings));
    }
  });

  it("refuses what does not fit, and its sentence is passed on", function () {
    if (python === undefined) return void this.skip();
    const settings = new Map(
      Array.from({ length: 20 }, (_, i) => [`value-${i}`, new Uint8Array(2000).fill(i)] as const),
    );
    assert.throws(
      () => made(settings, 0x3000),
      ({ message }) => /Espressif's generator makes no image: .*[Ii]nsufficient|size/.test(message),
    );
  });
});
