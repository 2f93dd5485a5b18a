import { encodeUtf8 } from "../../../modules/text/utf8.js";
import {
  ipv4Address,
  ipv6Address,
  matchesServerName,
  offeredNames,
  sniName,
} from "../../../modules/x509/server-name.js";
import { assert, describe, it } from "../../support/harness.js";

/** Contents of a subjectAltName. */
function names(...entries: (string | Uint8Array)[]): Uint8Array {
  const bytes: number[] = [];
  for (const entry of entries) {
    const value = typeof entry === "string" ? encodeUtf8(entry) : entry;
    bytes.push(typeof entry === "string" ? 0x82 : 0x87, value.byteLength, ...value);
  }
  return new Uint8Array(bytes);
}

describe("server name", () => {
  it("matches a DNS name whatever its case", () => {
    assert.ok(matchesServerName(names("Hub.Example"), "hub.eXample"));
    assert.ok(matchesServerName(names("a.example", "hub.example"), "hub.example."));
    assert.ok(!matchesServerName(names("hub.example"), "hub.example.org"));
    assert.ok(!matchesServerName(names("hub.example"), "ahub.example"));
  });

  it("lets a star stand for exactly one whole label", () => {
    const wild = names("*.hub.example");
    assert.ok(matchesServerName(wild, "a.hub.example"));
    assert.ok(!matchesServerName(wild, "hub.example"));
    assert.ok(!matchesServerName(wild, "b.a.hub.example"));
    assert.ok(!matchesServerName(wild, ".hub.example"));
    assert.ok(!matchesServerName(names("a*.hub.example"), "ab.hub.example"));
    assert.ok(!matchesServerName(names("a.*.example"), "a.hub.example"));
  });

  it("takes no star for a whole top-level domain", () => {
    assert.ok(!matchesServerName(names("*.example"), "hub.example"));
    assert.ok(!matchesServerName(names("*"), "example"));
  });

  it("compares addresses with addresses only", () => {
    const address = Uint8Array.of(192, 168, 1, 20);
    assert.ok(matchesServerName(names(address), "192.168.1.20"));
    assert.ok(!matchesServerName(names("192.168.1.20"), "192.168.1.20"));
    assert.ok(!matchesServerName(names("*.168.1.20"), "192.168.1.20"));
    assert.ok(matchesServerName(names(ipv6Address("fe80::1")!), "FE80:0:0:0:0:0:0:1"));
  });

  it("finds nothing in a certificate without names", () => {
    assert.ok(!matchesServerName(undefined, "hub.example"));
    assert.deepEqual(offeredNames(undefined), []);
  });

  it("lists the first names of many", () => {
    const listed = offeredNames(names("a", "b", "c", "d", Uint8Array.of(1, 2, 3, 4), "f", "g", "h"));
    assert.deepEqual(listed, ["a", "b", "c", "d", "1.2.3.4", "f", "…"]);
  });

  it("reads IPv4 addresses in their one spelling", () => {
    assert.deepEqual(ipv4Address("10.0.0.255"), Uint8Array.of(10, 0, 0, 255));
    for (const text of ["10.0.0", "10.0.0.256", "10.0.0.01", "0x0a.0.0.1", "10.0.0.1.", "hub.example.a.b", "1. .1.1"])
      assert.equal(ipv4Address(text), undefined, text);
  });

  it("reads IPv6 addresses, shortened or not", () => {
    assert.deepEqual(ipv6Address("::"), new Uint8Array(16));
    assert.equal(ipv6Address("1:2:3:4:5:6:7:8")![15], 8);
    for (const text of ["hub", "1:2", "1::2::3", ":1:2:3:4:5:6:7", "12345::", "1:2:3:4:5:6:7:8::"])
      assert.equal(ipv6Address(text), undefined, text);
  });

  it("is sent in lower case and without a final dot", () => {
    assert.equal(sniName("hub.example"), "hub.example");
    assert.equal(sniName("HUB.Example."), "hub.example");
    assert.equal(sniName("hub_1.x-y.example4"), "hub_1.x-y.example4");
    assert.equal(sniName("localhost"), "localhost");
  });

  it("is not sent when it is an address in any form, or no name", () => {
    for (const host of [
      ...["192.0.2.1", "192.0.2.1.", "127.1", "2130706433", "0x7f.1", "0x7f000001", "010.0.0.1"],
      ...["::1", "[::1]", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0"],
      ...["", ".", "a..b", ".a", "h\u00fcb.example", "a b", "a/b", "a\u0000b", "x".repeat(254)],
    ])
      assert.equal(sniName(host), undefined, host);
    assert.ok(sniName("x".repeat(253)));
  });
});
