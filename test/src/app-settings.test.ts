import { encodeUtf8 } from "../../modules/text/utf8.js";
import { readRoots } from "../../modules/x509/encoded.js";
import { linkOptions, readSettings } from "../../src/app-settings.js";
import type { SharedSecret } from "../../src/connection/credentials.js";
import { checkOptions } from "../../src/options.js";
import { maxTimeServers } from "../../src/setting-checks.js";
import { assert, describe, it } from "../support/harness.js";
import { limit } from "../support/limit.js";

const good = { host: "hub.test", "shared-key": "nhp_abc", "shared-secret": "secret-secret" };

/** @returns what the device says of these settings, or what it makes its link with */
function device(stored: Record<string, string | Uint8Array>, builtIn: Record<string, unknown> = {}) {
  const cells = new Map(
    Object.entries(stored).map(([name, value]) => [name, typeof value === "string" ? encodeUtf8(value) : value]),
  );
  const store = { get: (name: string) => cells.get(name) };
  try {
    const options = linkOptions(store, builtIn, readSettings(store, builtIn));
    return checkOptions(options, { device: { identifier: "esp32-a4cf12b9d07c" }, network: { readRoots } });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("settings of the flashable app", () => {
  it("come from the store and else from what was built in, whatever its type", () => {
    const settings = device({ host: "store.test" }, { ...good, port: 4000, ssl: false, "log-level": "debug" });
    assert.ok(typeof settings !== "string", String(settings));
    const { host, port, ssl, logLevel, credentials } = settings as Exclude<typeof settings, string>;
    assert.deepEqual([host, port, ssl, logLevel], ["store.test", 4000, false, "debug"]);
    const { type, key, identifier } = credentials as SharedSecret;
    assert.deepEqual([type, key, identifier], ["shared-secret", "nhp_abc", "esp32-a4cf12b9d07c"]);
  });

  for (const [change, sentence] of [
    [{ host: "hub.test:443" }, 'Option "host" must be a name without a port, which is an option of its own: "port".'],
    [{ host: "hub.test\n" }, 'Option "host" holds a line end or another control character: give the text alone.'],
    [{ port: "abc" }, 'Option "port" must be a whole number from 1 to 65535.'],
    [{ port: "443 " }, 'Option "port" must be a whole number from 1 to 65535.'],
    [{ port: "65536" }, 'Option "port" must be a whole number from 1 to 65535.'],
    [{ ssl: "no" }, 'Option "ssl" must be true or false.'],
    [{ "log-level": "loud" }, 'Option "log-level" must be one of debug, info, notice, warning, error.'],
    [
      { "time-server": "pool.ntp.org:123" },
      'Option "time-server" must be a name without a port, which is an option of its own: "port".',
    ],
    [
      { "time-server": "pool.ntp.org a.example:123" },
      'Option "time-server" must be a name without a port, which is an option of its own: "port".',
    ],
    [
      { "time-server": "pool.ntp.org, https://b.example/" },
      'Option "time-server" must be a name without scheme and path.',
    ],
    [{ "time-server": " , " }, 'Option "time-server" names no server: give host names with spaces or commas between.'],
    [
      { "time-server": "a.example\nb.example" },
      'Option "time-server" holds a line end or another control character: give the text alone.',
    ],
    [
      { "wifi-ssid": "desk\u0000" },
      'Option "wifi-ssid" holds a line end or another control character: give the text alone.',
    ],
    [{ "wifi-ssid": "ä".repeat(17) }, 'Option "wifi-ssid" has more than 32 bytes.'],
    [
      { identifier: "a\u2028b" },
      'Option "auth.identifier" holds a line end or another control character: give the text alone.',
    ],
    [{ identifier: " a" }, 'Option "auth.identifier" begins or ends with a space: give the text alone.'],
    [{ "shared-key": "nhp_abc def" }, 'Option "auth.productKey" holds " ", which no key has.'],
    [
      { "shared-secret": "s\u009b" },
      'Option "auth.productSecret" holds a line end or another control character: give the text alone.',
    ],
    [{ cert: new Uint8Array([0x30, 0]) }, 'Option "cert-key" is missing, and "cert" is there: they go together.'],
    [{ "cert-key": new Uint8Array([0x30, 0]) }, 'Option "cert" is missing, and "cert-key" is there: they go together.'],
    [
      { ca: new Uint8Array([0x30, 0]) },
      'Option "roots" holds a certificate that cannot be read; each has to be X.509, complete, in PEM or DER.',
    ],
    [{ host: new Uint8Array([0xc3]) }, 'Option "host" is no text in UTF-8.'],
  ] as const) {
    const [name, value] = Object.entries(change)[0] as [string, string | Uint8Array];
    it(`refuse ${name} ${JSON.stringify(typeof value === "string" ? value : [...value])}`, () =>
      assert.equal(device({ ...good, ...change } as Record<string, string | Uint8Array>), sentence));
  }

  it("item 12: take several time servers, with spaces or commas between", () => {
    for (const servers of [
      "pool.ntp.org time.cloudflare.com",
      "a.example,b.example",
      "a.example, 192.168.1.1,fe80::1 ",
    ]) {
      assert.ok(typeof device({ ...good, "time-server": servers }) !== "string", servers);
      assert.ok(typeof device(good, { "time-server": servers }) !== "string", servers);
    }
  });

  limit("maxTimeServers", "so many time servers are taken, one more is refused by name", () => {
    assert.ok(typeof device({ ...good, "time-server": "a.example ".repeat(maxTimeServers) }) !== "string");
    assert.equal(
      device({ ...good, "time-server": "a.example ".repeat(maxTimeServers + 1) }),
      `Option "time-server" names more than ${maxTimeServers} servers.`,
    );
  });

  it("refuse a root that was built in and is none", () => {
    assert.equal(device(good, { ca: "no base64!" }), 'Option "ca" is not base64 of a certificate.');
    assert.match(String(device(good, { ca: "MAA=" })), /Option "roots" holds a certificate that cannot be read/);
  });

  it("refuse a password that no network has, in characters and in bytes", () => {
    for (const password of ["1234567", "x".repeat(64), "ä".repeat(32)])
      assert.match(String(device({ ...good, "wifi-password": password })), /"wifi-password" must have 8 to 63/);
    for (const password of ["12345678", "x".repeat(63), "0123456789abcdef".repeat(4)])
      assert.ok(typeof device({ ...good, "wifi-password": password }) !== "string");
  });

  it('take updates on a device without protection for unprotected: "true", stored or built in', () => {
    for (const settings of [
      device({ ...good, unprotected: "true" }),
      device(good, { unprotected: "true" }),
      device(good, { unprotected: true }),
    ])
      assert.equal((settings as Exclude<typeof settings, string>).unprotectedUpdates, true);
    for (const settings of [device(good), device({ ...good, unprotected: "false" }, { unprotected: "true" })])
      assert.equal((settings as Exclude<typeof settings, string>).unprotectedUpdates, false);
    assert.equal(device({ ...good, unprotected: "yes" }), 'Option "unprotected" must be true or false.');
  });

  it("take no number for an address that is none", () => {
    for (const host of ["1.2.3.999", "256.1.1.1", "1.2.3.4.5", "1.2.3", "0", "0x7f.1", "127.0x1"])
      assert.match(String(device({ ...good, host })), /is no address: that has four numbers from 0 to 255/);
  });

  it("take an address of either kind for a host", () => {
    for (const host of ["192.168.1.7", "::1", "fe80::1:2", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"])
      assert.ok(typeof device({ ...good, host }) !== "string", host);
    for (const host of ["1:2:3", "1::2::3", "::g", "1:2:3:4:5:6:7:8:9", "1:::2", ":1:2:3:4:5:6:7", "::ffff:999.1.1.1"])
      assert.match(String(device({ ...good, host })), /without a port/);
  });
});
