/*
 * Espressif's own generator on our settings: what the device's NVS driver will find in its flash.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeImage, nvsCsv, nvsPartition } from "../../tools/provision/nvs.js";
import { assert, describe, fixture, it } from "../harness.js";
import { pythonTool } from "./python-tool.js";

const python = pythonTool("esp-idf-nvs-partition-gen");

describe("nvs_partition_gen", () => {
  it("makes an image of the partition's size that holds every value", function () {
    if (python === undefined) return void this.skip();
    const folder = mkdtempSync(join(tmpdir(), "nvs-"));
    const certificate = fixture("x509/p256-certificate.der");
    const host = new TextEncoder().encode("hub.example");
    writeFileSync(
      join(folder, "settings.csv"),
      nvsCsv(
        new Map([
          ["host", host],
          ["cert", certificate],
        ]),
      ),
    );
    assert.equal(makeImage(python, join(folder, "settings.csv"), join(folder, "nvs.bin")), undefined);
    const image = readFileSync(join(folder, "nvs.bin"));
    rmSync(folder, { recursive: true });
    assert.equal(image.byteLength, Number(nvsPartition().size));
    for (const part of ["nerveshub", "host.a", "cert.a", Buffer.from(host), Buffer.from(certificate)])
      assert.ok(image.includes(part));
  });
});
