/*
 * x509-limbo on XS: the path validation with the signatures that the device itself computes.
 */

import type { Clock } from "../../../modules/platform/clock.js";
import { fromHex } from "../../../modules/text/hex.js";
import { ConfiguredRoots, ServerVerification } from "../../../modules/tls/server-verification.js";
import { type LimboCase, unexpected } from "../../support/limbo.js";
import { assert, describe, environment, it, report } from "../harness.js";

const file = native("test_file") as (path: string) => ArrayBuffer;

const bytes = (hex: string): Uint8Array => fromHex(hex)!;

function verdict({ chain, serverName, roots, nowMs }: LimboCase): string {
  const clock: Clock = { now: () => nowMs, monotonic: () => 0, set() {} };
  try {
    new ServerVerification(new ConfiguredRoots(roots.map(bytes)), serverName, clock).verify(chain.map(bytes));
    return "ok";
  } catch (error) {
    return String(error);
  }
}

const list = environment("TLS_LIMBO");

if (!list) report("skipped: the vectors of x509-limbo are not here (../shared/data/x509-limbo)");
else
  describe("x509-limbo", () => {
    it("has the expected verdicts, but for those with a reason", () => {
      const cases: LimboCase[] = JSON.parse(String.fromArrayBuffer(file(list)));
      assert.ok(cases.length > 150);
      assert.deepEqual(unexpected(cases, verdict), []);
    });
  });
