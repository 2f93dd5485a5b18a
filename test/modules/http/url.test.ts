import { hostHeader, parseUrl, publicText, resolveUrl, sameOrigin } from "../../../modules/http/url.js";
import { assert, describe, it } from "../../support/harness.js";

describe("http: URLs", () => {
  it("takes the parts apart and fills in the port of the scheme", () => {
    assert.deepEqual(parseUrl("https://Files.Example/firmware/7/x.bin?sig=a%2Fb&x=1#part"), {
      scheme: "https",
      host: "files.example",
      port: 443,
      path: "/firmware/7/x.bin?sig=a%2Fb&x=1",
    });
    assert.equal(parseUrl("http://a")?.port, 80);
    assert.equal(parseUrl("ws://a:")?.port, 80);
    assert.equal(parseUrl("wss://a")?.port, 443);
    assert.equal(parseUrl("HTTP://a?b")?.path, "/?b");
  });

  it("writes IPv6 addresses without brackets as host and with them in Host", () => {
    const url = parseUrl("http://[::1]:4000/x")!;
    assert.equal(url.host, "::1");
    assert.equal(hostHeader(url), "[::1]:4000");
  });

  it("leaves the default port out of Host", () => {
    assert.equal(hostHeader(parseUrl("https://a:443/")!), "a");
    assert.equal(hostHeader(parseUrl("http://a:443/")!), "a:443");
  });

  it("refuses what is not a usable URL", () => {
    for (const text of [
      "",
      "/path",
      "ftp://a/",
      "http://",
      "http:///x",
      "http://user:secret@a/",
      "http://a:0/",
      "http://a:65536/",
      "http://a:8o/",
      "http://a b/",
      "http://ä.example/",
      "http://[::1/",
      "http://[fe80::1%25eth0]/",
      "http://a/x\r\nHost: b",
      "http://a/\0",
      "//a/x",
    ]) {
      assert.equal(parseUrl(text), undefined, text);
    }
  });

  it("percent-encodes blanks and characters beyond ASCII", () => {
    assert.equal(parseUrl("http://a/ü 😀")?.path, "/%C3%BC%20%F0%9F%98%80");
  });

  it("resolves references as RFC 3986 §5.4 does", () => {
    const base = parseUrl("http://a/b/c/d;p?q")!;
    for (const [reference, expected] of [
      ["g", "/b/c/g"],
      ["./g", "/b/c/g"],
      ["g/", "/b/c/g/"],
      ["/g", "/g"],
      ["?y", "/b/c/d;p?y"],
      ["g?y", "/b/c/g?y"],
      ["#s", "/b/c/d;p?q"],
      ["g#s", "/b/c/g"],
      ["", "/b/c/d;p?q"],
      [".", "/b/c/"],
      ["./", "/b/c/"],
      ["..", "/b/"],
      ["../", "/b/"],
      ["../g", "/b/g"],
      ["../..", "/"],
      ["../../g", "/g"],
      ["../../../g", "/g"],
      ["/./g", "/g"],
      ["/../g", "/g"],
      ["g?y/../x", "/b/c/g?y/../x"],
    ]) {
      const url = resolveUrl(base, reference);
      assert.equal(url?.path, expected, reference);
      assert.equal(url?.host, "a", reference);
    }
    assert.deepEqual(resolveUrl(base, "//g"), { scheme: "http", host: "g", port: 80, path: "/" });
    assert.deepEqual(resolveUrl(base, "https://h/x"), { scheme: "https", host: "h", port: 443, path: "/x" });
    assert.equal(resolveUrl(base, "mailto:a@b"), undefined);
    assert.equal(resolveUrl(base, "/x\r\ny"), undefined);
  });

  it("takes scheme, host and port together for the origin", () => {
    const url = parseUrl("https://a/")!;
    assert.ok(sameOrigin(url, parseUrl("https://A:443/other")!));
    for (const other of ["http://a:443/", "https://b/", "https://a:444/"])
      assert.ok(!sameOrigin(url, parseUrl(other)!));
  });

  it("shows no query in messages", () => {
    assert.equal(publicText(parseUrl("https://a/x?X-Amz-Signature=secret")!), "https://a/x");
  });
});
