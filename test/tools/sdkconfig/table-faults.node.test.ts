import { readFileSync } from "node:fs";
import { hasSlots, tableFaults, tableNotes } from "../../../tools/sdkconfig/table-faults.js";
import { assert, describe, it } from "../../support/harness.js";

const MB = 1 << 20;
/** As mcconfig 8.2.3 splits the table of a target with 8 MB. */
const split = `nvs,      data, nvs,     0x9000,  0x006000,
phy_init, data, phy,     0xf000,  0x001000,
ota_0, app, ota_0, 0x10000, 0x3F0000,
ota_1, app, ota_1, , 0x3FE000,
otadata, data, ota, , 8192,`;

const said = (csv: string, flashSize = 8 * MB): string => tableFaults(csv, flashSize).join(" ");

describe("7: tableFaults", () => {
  it("finds nothing wrong with our own table, with one that mcconfig split, and with one in numbers", () => {
    assert.equal(said(readFileSync("partitions.csv", "utf8"), 4 * MB), "");
    assert.equal(said(split), "");
    assert.equal(said(split.replace("app, ota_1", "0, 0x11").replace("data, ota", "1, 0")), "");
  });

  it("says what a table without slots, with one, without otadata and without nvs lacks", () => {
    assert.match(said("nvs,data,nvs,,24K\nfactory,app,factory,,1M"), /no application slot.*no otadata/);
    assert.match(said(split.replace(/ota_1.*/, "")), /one application slot/);
    assert.match(said(split.replace(/^nvs.*/, "")), /no nvs/);
  });

  it("wants slots from ota_0 on, each once, that can be written", () => {
    assert.match(
      said(split.replace("app, ota_1", "app, ota_2")),
      /has the slots ota_0, ota_2; they must be ota_0 to ota_1/,
    );
    assert.match(said(split.replace("app, ota_0", "app, ota_1")), /has the slots ota_1, ota_1/);
    assert.match(said(split.replace("app, ota_0", "app, 0x12")), /has the slots ota_1, ota_2/);
    assert.match(said(split.replace("0x3FE000,", "0x3FE000, readonly")), /"ota_1" is marked readonly/);
  });

  it("wants one otadata of 0x2000 bytes, that can be written", () => {
    for (const size of ["4096", "12288"]) assert.match(said(split.replace("8192", size)), /otadata.* must have 0x2000/);
    assert.match(said(`${split}\nmore, data, 0, , 8192`, 16 * MB), /several otadata/);
    assert.match(said(`${split}readonly`), /otadata.* is marked readonly/);
  });

  it("wants an nvs with that label, that can be written", () => {
    assert.match(
      said(split.replace(/^nvs,/, "settings,")),
      /no nvs with the label "nvs" \("settings" is another one\)/,
    );
    assert.match(said(split.replace("0x006000,", "0x006000, readonly")), /nvs is marked readonly/);
    assert.match(said(split.replace("0x006000,", "0x002000,")), /nvs has 0x2000 bytes; 0x3000 are the least/);
    assert.equal(said(split.replace("0x006000,", "0x003000,")), "");
  });

  it("reads types and subtypes in capitals, as ESP-IDF does", () => {
    const capitals = split.replaceAll("app, ota_", "APP, OTA_").replace("data, ota", "DATA, Ota");
    assert.equal(said(capitals.replace("data, nvs", "Data, NVS")), "");
  });

  it("counts from where the table lies", () => {
    assert.equal(said(split.replace(/^nvs.*\n.*/, "nvs,data,nvs,0xD000,0x3000")), "");
    assert.match(tableFaults(split, 8 * MB, 0xc000).join(" "), /overlaps the table itself, which ends at 0xd000/);
  });

  it("says that a table is for more flash than the target has", () => {
    assert.match(said(split, 4 * MB), /ends at 8192 KB.*has 4096 KB/);
  });

  it("says why a table is none", () => {
    assert.match(
      said(split.replace("0x3F0000", "0x500000").replace(", , 0x3FE000", ", 0x400000, 0x3FE000")),
      /overlaps/,
    );
    assert.match(said("a, data, nvs, , much"), /line 1 has an offset or a size that is no number/);
  });
});

describe("7: tableNotes", () => {
  it("names slots below 1.5 MB, in which an image may not fit", () => {
    assert.deepEqual(tableNotes(split), []);
    assert.match(tableNotes(split.replace("0x3F0000", "0x170000")).join(" "), /Small slots: ota_0 1472 KB\. .*refused/);
    assert.deepEqual(tableNotes("no table"), []);
  });
});

describe("7: hasSlots", () => {
  it("finds one in words, in capitals and in numbers, and none in a table with a factory partition alone", () => {
    for (const subtype of ["app,ota_0", "APP,OTA_3", "0,0x1F"])
      assert.ok(hasSlots(`a,${subtype},,1M`, 0x8000), subtype);
    assert.ok(!hasSlots("factory,app,factory,,1M", 0x8000));
  });
});
