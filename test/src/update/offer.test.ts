import { Fault } from "../../../modules/fault/fault.js";
import { decodeUtf8 } from "../../../modules/text/utf8.js";
import { parseOffer } from "../../../src/update/offer.js";
import { assert, describe, fixture, it } from "../../support/harness.js";

function recordedUpdates(name: string): unknown[] {
  return decodeUtf8(fixture(`transcripts/${name}.jsonl`))
    .split("\n")
    .filter((line) => line.includes('"recv"') && line.includes('\\"update\\"'))
    .map((line) => (JSON.parse((JSON.parse(line) as { data: string }).data) as unknown[])[4]);
}

const good = {
  update_available: true,
  firmware_url: "http://files/x.bin",
  firmware_meta: { uuid: "u", version: "1.1.0", product: "p", platform: "esp32s3", architecture: "xtensa" },
  size: 8528,
  checksum: "A".repeat(64),
  partials_checksums: ["B".repeat(64)],
  deployment_id: 3,
};

function code(change: object): string {
  try {
    parseOffer({ ...good, ...change });
    return "taken";
  } catch (error) {
    return error instanceof Fault ? error.code : String(error);
  }
}

describe("update offer", () => {
  it("does without part checksums that have gaps", () => {
    const offer = parseOffer({ ...good, size: 1048576 + 1, partials_checksums: [null, "B".repeat(64)] });
    assert.deepEqual(offer?.parts, []);
  });

  it("reads what a real server sent, by deployment, by hand and as a delta", () => {
    const [deployed] = recordedUpdates("update-by-deployment").map(parseOffer);
    assert.equal(deployed?.version, "1.1.0");
    assert.equal(deployed?.size, 8528);
    assert.equal(deployed?.checksum, "c762028b3c67921f7eb7c25b5b153ca54b9676acfbcfddd143ea66a04b5ac1e2");
    assert.equal(deployed?.manual, false);
    const [manual] = recordedUpdates("update-manual").map(parseOffer);
    assert.equal(manual?.manual, true);
    const deltas = recordedUpdates("update-delta").map(parseOffer);
    assert.ok(deltas.some((offer) => offer?.size === 227));
  });

  it("takes update_available: false for nothing to do, with everything else null", () => {
    assert.equal(parseOffer({ update_available: false, firmware_url: null, firmware_meta: null }), undefined);
    assert.equal(parseOffer({}), undefined);
  });

  it("does without size and checksums, which older servers do not send", () => {
    const offer = parseOffer({ ...good, size: null, checksum: null, partials_checksums: null });
    assert.deepEqual([offer?.size, offer?.checksum, offer?.parts], [undefined, undefined, []]);
  });

  it("refuses what cannot be right", () => {
    const changes: object[] = [
      { firmware_url: "" },
      { firmware_url: null },
      { firmware_url: `http://${"x".repeat(7500)}` },
      { firmware_meta: {} },
      { size: 0 },
      { size: 1.5 },
      { size: "8528" },
      { checksum: "abc" },
      { checksum: 5 },
      { partials_checksums: ["short"] },
      { partials_checksums: [good.checksum, good.checksum] },
      { partials_checksums: "x" },
    ];
    for (const change of changes) assert.equal(code(change), "bad-offer", JSON.stringify(change).slice(0, 60));
  });
});
