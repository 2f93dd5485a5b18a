/*
 * What provisioning stores is what the device would accept: the tool's settings, judged by the device's own code.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "../../../modules/fault/fault.js";
import { readOptions } from "../../../tools/provision/options.js";
import { settingsOf } from "../../../tools/provision/settings.js";
import { assert, describe, it } from "../../support/harness.js";

const secret = "the-secret-of-the-product-0123456789abcdefg";
const byKey = ["--product-key", "nhp_x"];

function provision(args: string[], env: Record<string, string> = {}, host = "hub.example"): string {
  const options = readOptions(["dev-1", ...args, "--out", "keys", `--host=${host}`]);
  try {
    settingsOf(options!, undefined, { NERVESHUB_PRODUCT_SECRET: secret, ...env });
    return "stored";
  } catch (error) {
    assert.ok(!(error instanceof Fault) || error.stage === "options");
    return (error as Error).message;
  }
}

describe("nerveshub-provision stores what the device would accept", () => {
  for (const [what, args, env, sentence] of [
    ["a port that is no number", ["--port", "abc"], {}, /Option "port" must be a whole number from 1 to 65535\.$/],
    ["a port beyond all", ["--port", "70000"], {}, /Option "port" must be a whole number from 1 to 65535\.$/],
    ["port 0", ["--port", "0"], {}, /Option "port" must be a whole number from 1 to 65535\.$/],
    ["a port with a fraction", ["--port", "443.5"], {}, /Option "port" must be a whole number/],
    ["a port in hexadecimal digits", ["--port", "0x1bb"], {}, /Option "port" must be a whole number/],
    ["an empty port", ["--port", ""], {}, /"port" is empty/],
    [
      "a secret with a line feed",
      [],
      { NERVESHUB_PRODUCT_SECRET: `${secret}\n` },
      /Option "auth\.productSecret" holds a line end/,
    ],
    ["a secret with a space", [], { NERVESHUB_PRODUCT_SECRET: ` ${secret}` }, /begins or ends with a space/],
    ["a secret of spaces", [], { NERVESHUB_PRODUCT_SECRET: "  " }, /"auth\.productSecret" must be a text that is not/],
    ["a key for a secret", [], { NERVESHUB_PRODUCT_SECRET: "nhp_abc" }, /"auth\.productSecret" is a key/],
    [
      "a secret with an invisible space",
      [],
      { NERVESHUB_PRODUCT_SECRET: "abc\u200bdef" },
      /holds a character that no secret/,
    ],
    ["no secret", [], { NERVESHUB_PRODUCT_SECRET: "" }, /put it into NERVESHUB_PRODUCT_SECRET/],
    ["a key with a line feed", ["--product-key", "nhp_x\n"], {}, /"auth\.productKey" holds a line end/],
    ["a key that is none", ["--product-key", "nhx_x"], {}, /does not start with "nhp_": copy the key, not its secret/],
    ["a device's key for the product's", ["--product-key", "nhd_x"], {}, /does not start with "nhp_"/],
    ["half a key", ["--product-key", "nhp_"], {}, /"auth\.productKey" has nothing behind "nhp_"/],
    ["a key with foreign letters", ["--product-key", "nhp_ä"], {}, /"auth\.productKey" holds "ä", which no key has/],
    ["a network name of 33 bytes", ["--wifi-ssid", "n".repeat(33)], {}, /Option "wifi-ssid" has more than 32 bytes/],
    ["an empty network name", ["--wifi-ssid", ""], {}, /"wifi-ssid" is empty/],
    [
      "a time server with a port",
      ["--time-server", "a.example b.example:123"],
      {},
      /"time-server" must be a name without/,
    ],
    ["no time server", ["--time-server", ","], {}, /Option "time-server" names no server/],
    [
      "a password of 7 characters",
      ["--wifi-ssid", "desk"],
      { NERVESHUB_WIFI_PASSWORD: "1234567" },
      /Option "wifi-password" must have 8 to 63 characters/,
    ],
    [
      "a password with a line feed",
      ["--wifi-ssid", "desk"],
      { NERVESHUB_WIFI_PASSWORD: "12345678\n" },
      /Option "wifi-password" holds a line end/,
    ],
  ] as const) {
    it(`and not ${what}`, () => {
      const said = provision([...byKey, ...args], env);
      assert.match(said, sentence);
      assert.ok(!said.includes(secret));
    });
  }

  for (const [host, sentence] of [
    ["h:443", /Option "host" must be a name without a port, which is an option of its own: "port"\.$/],
    ["192.168.1.7:443", /Option "host" must be a name without a port/],
    ["https://h", /Option "host" must be a name without scheme and path\.$/],
    ["h ", /Option "host" must be a name without scheme and path\.$/],
    ["h\n", /Option "host" holds a line end/],
    ["h?x", /Option "host" must be a host name such as/],
    ["-h", /Option "host" must be a host name such as/],
    ["a..b", /Option "host" must be a host name such as/],
    ["h".repeat(64), /Option "host" must be a host name such as/],
    ["a.".repeat(127), /Option "host" has more than 253 characters/],
    ["bücher.example", /Option "host" must be a host name such as/],
    ["", /"host" is empty/],
  ] as const) {
    it(`and not the host ${JSON.stringify(host.slice(0, 20))}`, () =>
      assert.match(provision(byKey, {}, host), sentence));
  }

  it("and not a root that is none", () => {
    const folder = mkdtempSync(join(tmpdir(), "provision-roots-"));
    const file = join(folder, "root.pem");
    writeFileSync(file, "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n");
    const said = provision([...byKey, "--roots", file]);
    rmSync(folder, { recursive: true });
    assert.match(said, /Option "roots" holds a certificate that cannot be read/);
  });

  it("such as names, addresses of both kinds, an open network, and a key of 64 digits for one", () => {
    for (const host of ["hub.example", "desk", "my_hub", "192.168.1.7", "::1", "fe80::1:2"])
      assert.equal(provision(byKey, {}, host), "stored", host);
    for (const servers of ["pool.ntp.org time.cloudflare.com", "a.example,b.example"])
      assert.equal(provision([...byKey, "--time-server", servers]), "stored", servers);
    const wifi = [...byKey, "--wifi-ssid", "desk"];
    assert.equal(provision(wifi), "stored");
    assert.equal(provision(wifi, { NERVESHUB_WIFI_PASSWORD: "" }), "stored");
    assert.equal(provision(wifi, { NERVESHUB_WIFI_PASSWORD: "0123456789abcdef".repeat(4) }), "stored");
  });
});
