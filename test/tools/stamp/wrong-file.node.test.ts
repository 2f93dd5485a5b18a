import assert from "node:assert/strict";
import { buildImage } from "../../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../../hosts/node/crypto.js";
import { headOf, wrongFile } from "../../../tools/stamp/wrong-file.js";

const image = buildImage({ chipId: 9, projectName: "demo", version: "1.0.0" }, nodeCrypto);

/** `parts` by offset, in erased flash. */
const file = (size: number, parts: Record<number, readonly number[]>): Uint8Array => {
  const bytes = new Uint8Array(size).fill(0xff);
  for (const [at, part] of Object.entries(parts)) bytes.set(part, Number(at));
  return bytes;
};
/** The head of a boot loader as ESP-IDF makes it: the image header, one segment's header, esp_bootloader_desc_t. */
const bootLoader = [0xe9, 3, 2, 0x2f, ...new Array(8).fill(0), 9, ...new Array(19).fill(0), 80, 0, 0, 0, 1, 0, 0, 0];
const table = [0xaa, 0x50, 1, 2];

describe("14.2 wrong files are named for what they are", () => {
  const said = (bytes: Uint8Array) => wrongFile(bytes) ?? "";

  it("a merged flash image, wherever its boot loader lies", () => {
    for (const at of [0, 0x1000, 0x2000])
      assert.match(said(file(0x20000, { [at]: bootLoader, 32768: table })), /^a merged flash image/);
  });

  it("a boot loader, and a partition table", () => {
    assert.match(said(file(0x5000, { 0: bootLoader })), /^a boot loader; the application alone is/);
    assert.match(said(file(0xc00, { 0: table })), /^a partition table/);
  });

  it("images for an ESP8266, of both kinds", () => {
    const first = [0xe9, 1, 2, 0x40, 0, 0, 0x10, 0x40, 0, 0, 0x10, 0x40];
    assert.match(said(file(0x1000, { 0: first })), /^an image for an ESP8266/);
    assert.match(said(file(0x1000, { 0: [0xea, 4, 0, 0] })), /^an image for an ESP8266/);
  });

  it("ELF, UF2, zip, gzip, a web page, erased flash, nothing, and a cut-off head", () => {
    for (const [bytes, what] of [
      [[0x7f, 0x45, 0x4c, 0x46], /^an ELF file/],
      [[0x55, 0x46, 0x32, 0x0a], /^a UF2 file/],
      [[0x50, 0x4b, 3, 4], /^a zip file/],
      [[0x1f, 0x8b], /^compressed by gzip/],
      [[...Buffer.from("<!doctype html>")], /^a web page/],
      [[0xff, 0xff, 0xff], /^erased flash/],
      [[], /^empty/],
      [[0xe9, 1], /^cut off/],
    ] as const)
      assert.match(said(Uint8Array.from(bytes)), what);
  });

  it("but an application image is none of them, and an unknown file keeps the sentence that it had", () => {
    assert.equal(wrongFile(image), undefined);
    assert.equal(headOf(image).description.projectName, "demo");
    assert.throws(
      () => headOf(Buffer.from("notes about something, long enough to be a head".repeat(9))),
      /Not an ESP-IDF/,
    );
    assert.throws(
      () => headOf(file(0x20000, { 4096: bootLoader, 32768: table })),
      /^Fault: The file is a merged flash image/,
    );
  });
});
