import * as faults from "../../../modules/fault/network.js";
import { assert, describe, it } from "../../support/harness.js";

describe("fault: networks", () => {
  const all = [
    faults.hostNotFound("hub.example"),
    faults.connectionRefused("hub.example", 443),
    faults.connectTimeout("hub.example", 443, 10_000),
    faults.connectFailed("hub.example", 443, "EMFILE"),
    faults.notTls("hub.example", 443),
    faults.tlsVersion("hub.example"),
    faults.handshakeTimeout("hub.example", 443, 30_000),
    faults.handshakeClosed("hub.example", 443),
    faults.tlsFailed("hub.example", "bad signature"),
    faults.tlsAlert("hub.example", 40),
    faults.tlsAlert("hub.example", 200),
    faults.connectionReset("hub.example", 443),
    faults.connectionFailed("hub.example", 443, "EIO"),
  ];

  it("each has a code of its own and one sentence with the server's name in it", () => {
    assert.equal(new Set(all.map((fault) => fault.code)).size, all.length);
    for (const fault of all) {
      assert.match(fault.code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(fault.message, /hub\.example.*\.$/);
    }
  });

  it("an alert has its number in the code and what to do in the sentence", () => {
    assert.equal(faults.tlsAlert("h", 48).code, "tls-alert-48");
    assert.match(faults.tlsAlert("h", 48).message, /alert 48 \(unknown CA\): register the authority/);
    assert.match(faults.tlsAlert("h", 200).message, /alert 200/);
  });

  it("an IPv6 address stands in brackets before its port", () => {
    assert.match(faults.connectionRefused("::1", 443).message, /^\[::1\]:443 /);
  });
});
