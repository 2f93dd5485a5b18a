import * as faults from "../../../hosts/node/faults.js";
import { assert, describe, it } from "../../support/harness.js";

describe("fault: what only Node can tell", () => {
  const all = [
    faults.dnsUnavailable("hub.example"),
    faults.hostUnreachable("hub.example", 443),
    faults.certificateExpired("hub.example"),
    faults.certificateNotYetValid("hub.example"),
    faults.certificateNameMismatch("hub.example"),
    faults.unknownCa("hub.example"),
    faults.selfSigned("hub.example"),
    faults.certificateRejected("hub.example", "invalid CA"),
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
