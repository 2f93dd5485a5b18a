/*
 * Provisioning that destroys or never connects, and keys on disk: the command as it is typed.
 */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Workshop } from "../../support/certificates.js";
import { after, afterEach, assert, before, beforeEach, describe, it } from "../../support/harness.js";

const program = fileURLToPath(new URL("../../../tools/provision/main.js", import.meta.url));
const secret = "the-secret-of-the-product-0123456789abcdefg";
const sdkTable =
  "nvs,data,nvs,0x9000,0x6000,\nphy_init,data,phy,0xf000,0x1000,\nfactory,app,factory,0x10000,0x3F0000,\n";

describe("nerveshub-provision, the command", () => {
  const workshop = new Workshop();
  const authority = mkdtempSync(join(tmpdir(), "provision-ca-"));
  let folder: string;
  let out: string;
  let generator: string;
  let byCa: string[];

  before(() => {
    const ca = workshop.make({ isAuthority: true, commonName: "Device CA" });
    byCa = ["--ca-cert", join(authority, "ca.pem"), "--ca-key", join(authority, "ca.key")];
    writeFileSync(byCa[1], ca.certificatePem);
    writeFileSync(byCa[3], ca.keyPem);
  });
  after(() => {
    workshop.remove();
    rmSync(authority, { recursive: true, force: true });
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "provision-command-"));
    out = join(folder, "keys");
    // Stands in for Espressif's: says what it was asked for, and how open the folder is that it writes into.
    generator = join(folder, "generator");
    writeFileSync(
      generator,
      `#!/bin/sh\nwhile [ "$1" != generate ]; do shift; done\numask 000\ncp "$2" "$3"\necho "$4 $(stat -c %a "$(dirname "$3")")" > ${folder}/asked\n`,
    );
    chmodSync(generator, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function provision(args: string[], env: Record<string, string> = {}, host = "hub.example") {
    const all = [program, "dev-1", ...args, "--out", out, "--host", host, "--python", generator];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], NERVESHUB_PRODUCT_SECRET: secret, ...env },
    });
    return { status, text: stdout + stderr };
  }

  const byKey = ["--product-key", "nhp_x"];
  const file = (suffix: string): string => join(out, `dev-1.${suffix}`);
  const asked = (): string => readFileSync(join(folder, "asked"), "utf8").trim();

  function table(text: string): string[] {
    writeFileSync(join(folder, "partitions.csv"), text);
    return ["--partitions", join(folder, "partitions.csv")];
  }

  describe("destroys nothing", () => {
    it("writes by the partition's name when it knows no table, and says no offset", () => {
      const { status, text } = provision(byKey);
      assert.equal(status, 0, text);
      assert.match(text, /parttool\.py" --port PORT write_partition --partition-name nvs --input \S+dev-1\.nvs\.bin/);
      assert.ok(!text.includes("write_flash") && !/0xb000/i.test(text), text);
      assert.match(asked(), /^0x3000 /, "the smallest image, which every NVS takes");
    });

    it("writes where the app's table has its NVS, and fills it", () => {
      const { status, text } = provision([...byKey, ...table(sdkTable)]);
      assert.equal(status, 0, text);
      assert.match(text, /esptool\.py write_flash 0x9000 \S+dev-1\.nvs\.bin/);
      assert.match(asked(), /^0x6000 /);
    });

    it("says that what is in the partition goes", () => {
      assert.match(provision(byKey).text, /replaces all that is in the partition "nvs"/);
    });

    it("refuses what does not fit, and has written nothing then", () => {
      const small = provision([...byCa, "--rsa", ...table("nvs,data,nvs,0x9000,0x2000\n")]);
      assert.equal(small.status, 1);
      assert.match(small.text, /"nvs" has 0x2000 bytes, these settings need 0x3000/);
      const none = provision([...byKey, ...table("x,data,fat,0x9000,0x6000\n")]);
      assert.equal(none.status, 1);
      assert.match(none.text, /no partition "nvs"/);
      assert.ok(!existsSync(out));
    });

    it("ends 1 when the generator refuses, with its words", () => {
      writeFileSync(generator, "#!/bin/sh\necho 'the partition is too small' >&2\nexit 3\n");
      const { status, text } = provision(byKey);
      assert.equal(status, 1);
      assert.match(text, /generator makes no image: the partition is too small/);
      assert.deepEqual(readdirSync(out), ["dev-1.nvs.csv"]);
    });

    it("says how to make the image where there is no generator, as large and as private", () => {
      rmSync(generator);
      const { status, text } = provision([...byKey, ...table(sdkTable)]);
      assert.equal(status, 0);
      assert.match(text, /\(umask 077; python3 -m esp_idf_nvs_partition_gen generate \S+\.csv \S+\.bin 0x6000\)/);
      assert.match(text, /write_flash 0x9000/);
    });
  });

  it("ends 1 with the device's own sentence for what the device would not accept, and writes nothing", () => {
    const { status, text } = provision([...byCa, "--port", "abc"]);
    assert.equal(status, 1);
    assert.equal(text, 'nerveshub-provision: Option "port" must be a whole number from 1 to 65535.\n');
    assert.ok(!existsSync(out));
  });

  describe("keeps keys to their owner", () => {
    const all = ["key.pem", "cert.pem", "nvs.csv", "nvs.bin"];
    const modes = (): number[] => all.map((suffix) => statSync(file(suffix)).mode & 0o777);

    it("from the first byte on, and in a folder of the owner's", () => {
      assert.equal(provision(byCa).status, 0);
      assert.deepEqual(modes(), [0o600, 0o600, 0o600, 0o600]);
      assert.equal(statSync(out).mode & 0o777, 0o700);
      assert.match(asked(), / 700$/, "the generator writes where nobody else looks");
      assert.deepEqual(readdirSync(out).sort(), all.map((suffix) => `dev-1.${suffix}`).sort());
    });

    it("with --force over files that everybody can read", () => {
      assert.equal(provision(byCa).status, 0);
      for (const suffix of all) chmodSync(file(suffix), 0o644);
      const before = readFileSync(file("key.pem"), "utf8");
      assert.equal(provision([...byCa, "--force"]).status, 0);
      assert.deepEqual(modes(), [0o600, 0o600, 0o600, 0o600]);
      assert.ok(readFileSync(file("key.pem"), "utf8") !== before);
    });

    it("with --force and no generator leaves no image of the settings before", () => {
      assert.equal(provision(byCa).status, 0);
      rmSync(generator);
      assert.equal(provision([...byCa, "--force"]).status, 0);
      assert.ok(!existsSync(file("nvs.bin")));
    });

    it("with --force over a link, which is replaced", () => {
      mkdirSync(out);
      const elsewhere = join(folder, "elsewhere");
      writeFileSync(elsewhere, "not ours");
      for (const suffix of all) symlinkSync(elsewhere, file(suffix));
      const refused = provision(byCa);
      assert.equal(refused.status, 1);
      assert.match(refused.text, /exists; --force writes over it/);
      assert.equal(provision([...byCa, "--force"]).status, 0);
      assert.equal(readFileSync(elsewhere, "utf8"), "not ours");
      for (const suffix of all) assert.ok(lstatSync(file(suffix)).isFile());
    });

    it("and takes a link that leads nowhere for a file that is there", () => {
      mkdirSync(out);
      symlinkSync(join(folder, "nowhere"), file("key.pem"));
      assert.match(provision(byCa).text, /exists; --force writes over it/);
    });
  });
});
