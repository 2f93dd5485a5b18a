import { fromHex } from "../../../modules/text/hex.js";
import { readCertificate } from "../../../modules/x509/certificate.js";
import { judge } from "../../../tools/doctor/trust.js";
import { limboCases } from "../../../tools/xs/tls/vectors.js";
import { assert, describe, it, report } from "../../support/harness.js";
import { type LimboCase, unexpected } from "../../support/limbo.js";

const nowMs = Date.UTC(2026, 10, 21);
const bytes = (hex: string): Uint8Array => fromHex(hex)!;

/** With Node's crypto, as the doctor judges a server. */
function verdict({ chain, serverName, roots, nowMs }: LimboCase): string {
  try {
    const result = judge(chain.map(bytes), serverName, nowMs, roots.map(bytes).map(readCertificate));
    return "root" in result ? "ok" : result.code;
  } catch (error) {
    return String(error);
  }
}

describe("x509-limbo", () => {
  const cases = limboCases(nowMs);
  if (!cases) report("skipped: the vectors of x509-limbo are not here (../shared/data/x509-limbo)");
  else
    it("has the expected verdicts, but for those with a reason", () => {
      assert.ok(cases.length > 150);
      assert.deepEqual(unexpected(cases, verdict), []);
    });
});
