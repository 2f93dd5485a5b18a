import { readFileSync } from "node:fs";
import { readPartitions, tableFaults } from "../../../tools/sdkconfig/partitions.js";
import { assert, describe, it } from "../../harness.js";

const MB = 1 << 20;
/** As mcconfig 8.2.3 splits the table of a target with 8 MB. */
const split = `nvs,      data, nvs,     0x9000,  0x006000,
phy_init, data, phy,     0xf000,  0x001000,
ota_0, app, ota_0, 0x10000, 0x3F0000,
ota_1, app, ota_1, , 0x3FE000,
otadata, data, ota, , 8192,`;

describe("7: readPartitions", () => {
  it("places what has no offset behind what is before it, applications on 64 KB", () => {
    const at = new Map(readPartitions(split).map(({ label, offset }) => [label, offset]));
    assert.deepEqual([at.get("ota_1"), at.get("otadata")], [0x400000, 0x7fe000]);
    assert.equal(readPartitions("a, data, nvs, , 4K\nb, app, ota_0, , 1M")[1].offset, 0x10000);
  });

  it("reads sizes in decimal, hexadecimal, K and M, and refuses others", () => {
    const sizes = readPartitions("a,data,nvs,,8192\nb,data,nvs,,0x2000\nc,data,nvs,,8K\nd,data,nvs,,1m");
    assert.deepEqual(
      sizes.map(({ size }) => size),
      [8192, 8192, 8192, MB],
    );
    assert.throws(
      () => readPartitions("a, data, nvs, , much"),
      (error) => /much/.test(error.message),
    );
  });
});

describe("7: tableFaults", () => {
  it("finds nothing wrong with our own table, and with one that mcconfig split", () => {
    assert.deepEqual(tableFaults(readPartitions(readFileSync("partitions.csv", "utf8")), 4 * MB), []);
    assert.deepEqual(tableFaults(readPartitions(split), 8 * MB), []);
  });

  it("says what a table without slots, with one, and without otadata lacks", () => {
    const factory = tableFaults(readPartitions("nvs,data,nvs,,24K\nfactory,app,factory,,1M"), 4 * MB);
    assert.match(factory.join(" "), /no application slot.*no otadata/);
    const one = tableFaults(readPartitions(split.replace(/ota_1.*/, "")), 8 * MB);
    assert.match(one.join(" "), /one application slot/);
    assert.match(tableFaults(readPartitions(split.replace("nvs,", "data,")), 8 * MB).join(" "), /^$/);
    assert.match(tableFaults(readPartitions(split.replace(/^nvs.*/, "")), 8 * MB).join(" "), /no nvs/);
  });

  it("says that a table is for more flash than the target has", () => {
    assert.match(tableFaults(readPartitions(split), 4 * MB).join(" "), /ends at 8192 KB.*has 4096 KB/);
  });
});
