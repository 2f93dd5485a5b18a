import { type Credentials, SharedSecret } from "../../../src/connection/credentials.js";
import { closeFault, refusalFault } from "../../../src/connection/diagnosis.js";
import { ClientCertificate } from "../../../src/features/client-certificate/client-certificate.js";
import { assert, describe, it } from "../../support/harness.js";
import { recordedAnswers } from "../../support/recorded-answers.js";

const product = new SharedSecret("nhp_x", "s", "dev-01");
const device = new SharedSecret("nhd_x", "s", "dev-01");
const certificate = new ClientCertificate({ certificate: "", key: "" });

const answered = (status: number, body = "", headers: [string, string][] = []) => ({
  status,
  reason: "",
  headers: new Map(headers),
  body,
});
const good = { ageS: 2, refused: false };

/** Recording → for each refused request in it, in order, the code. */
const table: readonly (readonly [recording: string, credentials: Credentials, codes: readonly string[]])[] = [
  [
    "auth-failures",
    product,
    [
      "no-credentials",
      ...Array<string>(5).fill("credentials-refused"),
      "authentication-unavailable",
      ...Array<string>(5).fill("credentials-refused"),
      "authentication-unavailable",
    ],
  ],
  ["auth-failures", certificate, ["certificate-not-seen"]],
  [
    "upgrade-paths",
    product,
    [
      ...Array<string>(5).fill("forbidden"),
      ...[
        "wrong-path",
        "wrong-path",
        "bad-request",
        "bad-request",
        "forbidden",
        "wrong-path",
        "not-a-hub",
        "forbidden",
      ],
    ],
  ],
  [
    "upgrade-limits",
    product,
    ["forbidden", "forbidden", "forbidden", "headers-too-large", "headers-too-large", "no-credentials"],
  ],
  ["upgrade-handshake-variants", product, [...Array<string>(5).fill("bad-request"), "forbidden"]],
  ["platform-unavailable", product, ["authentication-unavailable"]],
  ["device-moved", product, ["credentials-refused"]],
  ["operator-actions", device, ["credentials-refused"]],
];

describe("diagnosis of refused upgrades", () => {
  for (const [recording, credentials, codes] of table) {
    it(`${recording} with a ${credentials.type}: each answer of the real server has its code`, () => {
      const refused = recordedAnswers(recording).filter(({ refusal }) => refusal.status !== 101);
      const found = refused.map(({ refusal }) => refusalFault(refusal, { credentials, signed: good }).code);
      assert.deepEqual(found.slice(0, codes.length), codes);
      if (credentials !== certificate) assert.equal(found.length, codes.length, "every answer is in the table");
    });
  }

  it("tells a wrong clock, in both directions, from a wrong secret", () => {
    const code = (ageS: number, refused: boolean): string =>
      refusalFault(answered(401), { credentials: product, signed: { ageS, refused } }).code;
    assert.equal(code(-1, true), "clock-ahead");
    assert.equal(code(3600, true), "clock-behind");
    assert.equal(code(2, false), "credentials-refused");
    assert.equal(refusalFault(answered(401), { credentials: product, signed: undefined }).code, "credentials-refused");
  });

  it("tells a product key's sorrows from a device key's", () => {
    const message = (credentials: Credentials): string =>
      refusalFault(answered(401), { credentials, signed: good }).message;
    assert.match(message(product), /product key .* no other device, .* has the identifier "dev-01"/);
    assert.match(message(device), /device key .* made for the identifier "dev-01"/);
  });

  for (const [status, code] of [
    [301, "wrong-path"],
    [404, "not-found"],
    [407, "proxy-login"],
    [429, "rate-limited"],
    [500, "server-error"],
    [502, "server-error"],
    [503, "server-unavailable"],
    [511, "proxy-login"],
    [418, "not-a-hub"],
  ] as const) {
    it(`${status} is ${code}`, () => {
      assert.equal(refusalFault(answered(status), { credentials: product, signed: good }).code, code);
    });
  }

  const page = "<!DOCTYPE html><html><head><title>Just a moment...</title>";
  const html: [string, string][] = [["content-type", "text/html; charset=UTF-8"]];
  for (const [what, status, body, headers, code, says] of [
    ["a CDN's challenge", 403, page, html, "blocked", /check for bots.*let .*\/device-socket\/websocket pass/],
    ["a challenge, compressed", 403, "\ufffd\ufffd", html, "blocked", /check for bots/],
    ["a firewall's page without a type", 403, `\n ${page}`, [], "blocked", /a firewall/],
    ["a WAF's words", 403, "error code: 1020", [], "forbidden", /\(403\) \("error code: 1020"\): check host and port/],
    ["the hub's own 403", 403, "", [], "forbidden", /\(403\): check host and port/],
    ["a request that came too slowly", 408, page, html, "request-timeout", /in time \(408\); it is tried again/],
    ["a host name that is not served", 421, "", [], "misdirected", /does not serve this host name \(421\): check host/],
    ["a dropped Upgrade", 426, page, html, "upgrade-dropped", /drops the Upgrade header/],
    ["a dropped Upgrade", 426, "Upgrade Required", [], "upgrade-dropped", /let it pass WebSockets on/],
    ["a server without upgrades", 501, "", [], "upgrade-dropped", /\(501\): a proxy between drops/],
    ["HTTP/1.1 not spoken", 505, "", [], "upgrade-dropped", /\(505\)/],
    ["a socket that is gone", 410, "", [], "not-found", /no device socket \(410\)/],
    ["a proxy's own login", 401, "", [["www-authenticate", "Basic"]], "proxy-login", /wants a login .*\(401\)/],
    [
      "a method that is not taken",
      405,
      "Not Allowed",
      [],
      "not-a-hub",
      /refuses the upgrade \(405\) \("Not Allowed"\)/,
    ],
  ] as const) {
    it(`13.17: ${what} (${status}) gets its own remedy, for either kind of credentials`, () => {
      for (const credentials of [product, device, certificate]) {
        const answer = answered(status, body, headers as [string, string][]);
        const { code: found, message } = refusalFault(answer, { credentials, signed: good });
        assert.equal(found, code);
        if (credentials !== certificate || code !== "forbidden") assert.match(message, says);
        assert.ok(!message.includes("portal") || code === "proxy-login", message);
        assert.ok(!message.includes("Just a moment"), message);
      }
    });
  }

  it("names a portal's page for what it is, and shows none of it", () => {
    const { code, message } = refusalFault(answered(200, "<html><script>alert(1)"), {
      credentials: product,
      signed: undefined,
    });
    assert.equal(code, "not-a-hub");
    assert.match(message, /a web page \(200\)/);
    assert.ok(!message.includes("script"));
  });

  it("shows at most 80 characters of a server's own words", () => {
    const told: [string, string][] = [["nh-connection-error-reason", "x".repeat(500)]];
    const { message } = refusalFault(answered(503, "", told), { credentials: product, signed: undefined });
    assert.ok(message.includes("x".repeat(80)) && !message.includes("x".repeat(81)));
  });
});

describe("diagnosis of closed connections", () => {
  for (const [code, name] of [
    [1000, "closed"],
    [1001, "replaced"],
    [1002, "closed-idle"],
    [1007, "closed-error"],
    [1009, "closed-too-big"],
    [1011, "closed-error"],
    [1012, "drained"],
    [4000, "closed"],
  ] as const) {
    it(`${code} is ${name}`, () => {
      const fault = closeFault(code);
      assert.ok(!fault.message.includes('"'), fault.message);
      assert.equal(fault.code, name);
      assert.ok(fault.message.includes(String(code)));
    });
  }

  for (const [code, name] of [
    [1000, "closed"],
    [1001, "drained"],
    [1002, "closed-idle"],
    [1007, "closed-error"],
    [1008, "closed"],
    [1009, "closed-too-big"],
    [1011, "closed-error"],
    [1012, "drained"],
    [1013, "drained"],
    [1014, "drained"],
    [4001, "closed"],
  ] as const) {
    it(`13.17: ${code} with a reason is ${name} and quotes it`, () => {
      const fault = closeFault(code, "CloudFlare WebSocket proxy restarting");
      assert.equal(fault.code, name);
      assert.ok(fault.message.includes(`(${code}) ("CloudFlare WebSocket proxy restarting")`) || name === "closed");
      assert.ok(fault.message.includes('("CloudFlare WebSocket proxy restarting")'), fault.message);
      assert.ok(!fault.message.includes("same identifier"));
    });
  }

  it("13.17: a reason is shown printable and bounded, and blanks are none", () => {
    const { message } = closeFault(4000, `\u001b[2J\u202e\n${"x".repeat(120)}`);
    assert.ok(message.includes('("\\u001b[2J\\u202e\\u000a'), message);
    assert.ok(message.includes("x".repeat(74)) && !message.includes("x".repeat(75)), message);
    assert.equal(closeFault(1001, " \r\n").code, "replaced");
  });
});
