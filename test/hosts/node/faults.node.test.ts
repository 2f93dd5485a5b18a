import * as faults from "../../../hosts/node/faults.js";
import { assert, describe, it } from "../../support/harness.js";

describe("fault: what only Node can tell", () => {
  const all = [
    faults.dnsUnavailable("hub.example"),
    faults.hostUnreachable("hub.example", 443),
    faults.peerCertificateExpired("hub.example"),
    faults.peerCertificateNotYetValid("hub.example"),
    faults.peerNameMismatch("hub.example"),
    faults.peerUnknownCa("hub.example"),
    faults.peerSelfSigned("hub.example"),
    faults.peerCertificateRejected("hub.example", "invalid CA"),
    faults.connectionTimedOut("hub.example", 443),
  ];

  it("each has a code of its own and one sentence with the server's name in it", () => {
    assert.equal(new Set(all.map((fault) => fault.code)).size, all.length);
    for (const fault of all) {
      assert.match(fault.code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(fault.message, /hub\.example.*\.$/);
    }
  });
});
