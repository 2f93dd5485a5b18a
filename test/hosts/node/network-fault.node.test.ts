import { type ConnectionPhase, networkFault } from "../../../hosts/node/network-fault.js";
import { assert, describe, it } from "../../support/harness.js";

const options = {
  host: "hub.example",
  port: 443,
  secure: { serverName: "inner.example" },
  connectTimeoutMs: 10_000,
};

describe("Node network: errors that loopback cannot produce", () => {
  for (const [code, phase, expected] of [
    ["ENOTFOUND", "resolve", "resolve host-not-found"],
    ["EAI_AGAIN", "resolve", "resolve dns-unavailable"],
    ["EAI_FAIL", "resolve", "resolve dns-unavailable"],
    ["EHOSTUNREACH", "connect", "connect host-unreachable"],
    ["ENETUNREACH", "connect", "connect host-unreachable"],
    ["ETIMEDOUT", "connect", "connect connect-timeout"],
    ["ETIMEDOUT", "open", "transport connection-timed-out"],
    ["EHOSTUNREACH", "open", "transport connection-timed-out"],
    ["EPIPE", "open", "transport connection-reset"],
    ["EMFILE", "connect", "connect connect-failed"],
    ["EIO", "open", "transport connection-failed"],
    ["ERR_SSL_BAD_SIGNATURE", "tls", "tls tls-failed"],
    ["CERT_SIGNATURE_FAILURE", "tls", "tls certificate-rejected"],
    ["UNSPECIFIED", "tls", "tls certificate-rejected"],
  ] as [string, ConnectionPhase, string][]) {
    it(`${code} while ${phase} is ${expected}`, () => {
      const error = Object.assign(new Error("native text"), { code });
      const fault = networkFault(error, phase, options);
      assert.equal(`${fault.stage} ${fault.code}`, expected);
      assert.equal(fault.cause, error);
      assert.match(fault.message, /(hub|inner)\.example/);
    });
  }

  it("an alert is recognised by the number in OpenSSL's text, in every phase", () => {
    const message =
      "0:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:rec_layer_s3.c:1586:SSL alert number 40";
    for (const phase of ["tls", "open"] as ConnectionPhase[]) {
      const fault = networkFault(
        Object.assign(new Error(message), { code: "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE" }),
        phase,
        options,
      );
      assert.equal(`${fault.stage} ${fault.code}`, "tls tls-alert-40");
    }
  });
});
