import { isSemVer, normaliseVersion } from "../../../src/firmware/version.js";
import { assert, describe, it } from "../../support/harness.js";

describe("ota: versions as NervesHub normalises them", () => {
  // The table was made with Elixir's own Version module; six rows ran on a NervesHub server.
  const table: [string, string | undefined][] = [
    ["v1.4.0", "1.4.0"],
    ["1.4", "1.4.0"],
    ["7", "7.0.0"],
    ["1.4.0.12", "1.4.0+12"],
    ["v1.4.0-3-g1a2b3c4", "1.4.0-3-g1a2b3c4"],
    ["1.4.0-dirty", "1.4.0-dirty"],
    ["1.4-dirty", undefined],
    ["nightly", undefined],
    ["1a2b3c4", undefined],
    ["01.2.3", undefined],
    ["1.4.0-01", undefined],
  ];
  for (const [input, result] of table) {
    it(`${input} becomes ${result ?? "nothing"}`, () => assert.equal(normaliseVersion(input), result));
  }

  it("takes blanks and leading v's away, small ones first", () => {
    assert.equal(normaliseVersion("  vvV1.0.0\n"), "1.0.0");
    assert.equal(normaliseVersion("Vv1.0.0"), undefined);
    assert.equal(normaliseVersion(""), undefined);
    assert.equal(normaliseVersion("1.2.3.4.5"), undefined);
    assert.equal(normaliseVersion("1..2"), undefined);
    assert.equal(normaliseVersion("01"), undefined);
  });

  it("knows SemVer with pre-release and build", () => {
    for (const version of ["0.0.0", "1.2.3-alpha.1", "1.2.3-0a.b-c", "1.2.3+001", "1.0.0--", "10.20.30-x+y.z"]) {
      assert.ok(isSemVer(version), version);
    }
    for (const version of ["1.2", "1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3-00", "-1.2.3", "1.2.3 ", "1.2.3-é"]) {
      assert.ok(!isSemVer(version), version);
    }
  });
});
