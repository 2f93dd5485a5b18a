import { readFileSync } from "node:fs";
import { tableFaults } from "../../../tools/sdkconfig/table-faults.js";
import { assert, describe, it } from "../../harness.js";

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
    assert.match(said(split.replace("8192", "4096")), /no otadata/);
    assert.match(said(split.replace(/^nvs.*/, "")), /no nvs/);
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
