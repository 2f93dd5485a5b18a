/*
 * Where the settings go, for tables as they are in the field. Each is written here from what its project publishes:
 * of these ten not one has an NVS of 32 KB at 0xB000, where an older nerveshub-provision always wrote.
 */

import { createHash } from "node:crypto";
import { nvsPartition } from "../../../tools/provision/nvs.js";
import { hex, readPartitionTable } from "../../../tools/provision/partition-table.js";
import { assert, describe, it } from "../../support/harness.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, tableOffset?: number) => readPartitionTable(bytesOf(text), tableOffset);

/** Name, the table, where its NVS is, and how large. */
const tables: readonly (readonly [string, string, string, string])[] = [
  [
    "ESP-IDF, single application",
    "# Name, Type, SubType, Offset, Size, Flags\nnvs, data, nvs, , 0x6000,\nphy_init, data, phy, , 0x1000,\nfactory, app, factory, , 1M,\n",
    "0x9000",
    "0x6000",
  ],
  [
    "ESP-IDF, two OTA slots and a factory image",
    "nvs, data, nvs, , 0x4000\notadata, data, ota, , 0x2000\nphy_init, data, phy, , 0x1000\nfactory, app, factory, , 1M\nota_0, app, ota_0, , 1M\nota_1, app, ota_1, , 1M\n",
    "0x9000",
    "0x4000",
  ],
  [
    "otadata first, offsets left blank",
    "otadata, data, ota, , 8K\nphy_init, data, phy, , 4K\nota_0, app, ota_0, , 1536K\nota_1, app, ota_1, , 1536K\nnvs, data, nvs, , 24K\n",
    "0x310000",
    "0x6000",
  ],
  [
    "the Moddable SDK's default",
    "nvs,      data, nvs,     0x9000,  0x006000,\nphy_init, data, phy,     0xf000,  0x001000,\nfactory,  app,  factory, 0x10000, 0x3F0000,\n",
    "0x9000",
    "0x6000",
  ],
  [
    "Arduino, default",
    "nvs,data,nvs,0x9000,0x5000,\notadata,data,ota,0xe000,0x2000,\napp0,app,ota_0,0x10000,0x140000,\napp1,app,ota_1,0x150000,0x140000,\nspiffs,data,spiffs,0x290000,0x160000,\ncoredump,data,coredump,0x3F0000,0x10000,\n",
    "0x9000",
    "0x5000",
  ],
  [
    "ESPHome, 4 MB",
    "otadata,  data, ota,    , 0x2000,\nphy_init, data, phy,    , 0x1000,\napp0,     app,  ota_0,  , 0x1C0000,\napp1,     app,  ota_1,  , 0x1C0000,\nnvs,      data, nvs,    , 0x6D000,\n",
    "0x390000",
    "0x6d000",
  ],
  [
    "a large factory image with a file system, sizes in K and M",
    "nvs,data,nvs,36K,20K,\nphy_init,data,phy,,4k,\nfactory,app,factory,64K,3M,\nstorage,data,fat,,0xF0000,\n",
    "0x9000",
    "0x5000",
  ],
  [
    "NVS behind two slots, for 16 MB",
    "otadata,data,ota,0xd000,0x2000\nphy_init,data,phy,0xf000,0x1000\nota_0,app,ota_0,0x10000,6M\nota_1,app,ota_1,0x610000,6M\nnvs,data,nvs,0xC10000,0x10000\n",
    "0xc10000",
    "0x10000",
  ],
  [
    "keys beside NVS, subtypes as numbers",
    "nvs_key,0x01,0x04,0x9000,0x1000,encrypted\nnvs,1,2,0xa000,0x6000,\nota_0,0,0x10,0x10000,1M,\nota_1,0,0x11,,1M,\notadata,1,0,,0x2000,\n",
    "0xa000",
    "0x6000",
  ],
  [
    "a size that is an end",
    "otadata, data, ota, 0x9000, 0x2000\nnvs, data, nvs, , -0x10000\nota_0, app, ota_0, , 1M\nota_1, app, ota_1, , 1M\n",
    "0xb000",
    "0x5000",
  ],
];

function refuses(action: () => unknown, sentence: RegExp): void {
  assert.throws(action, ({ message }) => sentence.test(message));
}

describe("provisioning goes where the app's partition table has its NVS", () => {
  for (const [name, table, offset, size] of tables) {
    it(name, () => {
      const found = nvsPartition(read(table), 0x3000);
      assert.deepEqual([hex(found.offset), hex(found.size)], [offset, size]);
    });
  }

  it("begins behind the table, wherever the build puts that", () => {
    const [, table] = tables[0];
    assert.equal(hex(nvsPartition(read(table, 0x10000), 0x3000).offset), "0x11000");
  });

  it("reads the binary that a build makes of it", () => {
    const entry = (type: number, subtype: number, offset: number, size: number, name: string): Buffer => {
      const made = Buffer.alloc(32);
      made.set([0xaa, 0x50, type, subtype]);
      made.writeUInt32LE(offset, 4);
      made.writeUInt32LE(size, 8);
      made.write(name, 12);
      return made;
    };
    const entries = Buffer.concat([
      entry(1, 0, 0x9000, 0x2000, "otadata"),
      entry(1, 2, 0xb000, 0x4000, "nvs"),
      entry(0, 0x10, 0x10000, 0x100000, "ota_0"),
    ]);
    const md5 = createHash("md5").update(entries).digest();
    const mark = Buffer.concat([Buffer.from([0xeb, 0xeb]), Buffer.alloc(14, 0xff), md5]);
    const binary = Buffer.concat([entries, mark, Buffer.alloc(0xc00 - entries.length - 32, 0xff)]);
    const found = nvsPartition(readPartitionTable(binary), 0x3000);
    assert.deepEqual([hex(found.offset), hex(found.size)], ["0xb000", "0x4000"]);
    binary[4] ^= 1;
    refuses(() => readPartitionTable(binary), /damaged: its MD5 does not match/);
    refuses(() => readPartitionTable(entries), /has no end/);
  });

  const good = "nvs,data,nvs,0x9000,0x6000\nota_0,app,ota_0,0x10000,1M\n";
  for (const [what, table, sentence] of [
    ["without NVS", "storage,data,fat,0x9000,0x6000\n", /has no partition "nvs" of type data, subtype nvs\.$/],
    [
      "whose NVS has another name",
      "settings,data,nvs,0x9000,0x6000\n",
      /no partition "nvs".*"settings" is another one/,
    ],
    ["whose nvs is something else", "nvs,data,fat,0x9000,0x6000\n", /no partition "nvs" of type data, subtype nvs/],
    ["whose NVS is too small", good.replace("0x6000", "0x3000"), /"nvs" has 0x3000 bytes, these settings need 0x4000/],
    ["whose NVS cannot be written", `${good.split("\n")[0]},readonly\n`, /marked readonly/],
    [
      "with partitions that overlap",
      `${good}x,data,fat,0xe000,0x1000\n`,
      /"x" at 0xe000 overlaps "nvs", which ends at 0xf000/,
    ],
    ["beyond 32 bits", `${good}\nx,data,nvs,0xfffff000,0x6000`, /"x" at 0xfffff000 ends beyond the 32 bits/],
    ["over the table itself", good.replace("0x9000", "0x8000"), /"nvs" at 0x8000 overlaps the table itself/],
    ["with a name twice", `${good}nvs,data,nvs,0x200000,0x6000\n`, /two partitions "nvs"/],
    ["with a slot beside 64 KB", good.replace("0x10000", "0x11000"), /"ota_0" at 0x11000 does not start at a multiple/],
    ["with NVS beside a sector", good.replace("0x9000", "0x9100"), /"nvs" at 0x9100 does not start at a multiple/],
    ["with words for numbers", good.replace("0x6000", "much"), /line 1 has an offset or a size that is no number/],
    ["with a variable", good.replace("0x6000", "$NVS"), /line 1 holds a variable/],
    ["with half a line", "nvs,data\n", /line 1 lacks name, type or size/],
    ["of nothing", "# nothing\n", /is empty/],
    ["that is something else", "\u0000\u0001\u0002", /line 1 lacks/],
  ] as const) {
    it(`refuses a table ${what}`, () => refuses(() => nvsPartition(read(table), 0x4000), sentence));
  }
});
