import type { Extension } from "../../../src/features/extensions/extension.js";
import { chooseVersion, namesIn, offeredVersions } from "../../../src/features/extensions/negotiation.js";
import { assert, describe, it } from "../../support/harness.js";

const logging: Extension = { key: "logging", versions: ["0.1.0", "0.0.1"], attached() {}, event() {}, detached() {} };

function choose(payload: unknown): string | undefined {
  return chooseVersion(logging, offeredVersions(payload, ["logging"]));
}

describe("extension negotiation", () => {
  it("takes the most preferred of its own versions that the server listed", () => {
    assert.equal(choose({ extensions: { logging: ["0.0.1", "0.1.0"] } }), "0.1.0");
    assert.equal(choose({ extensions: { logging: ["0.0.1"] } }), "0.0.1");
  });

  it("compares texts and computes nothing: a newer patch version is another version", () => {
    assert.equal(choose({ extensions: { logging: ["0.1.1", "0.1"] } }), undefined);
  });

  it("leaves out what the server did not list", () => {
    assert.equal(choose({ extensions: { health: ["0.0.1"] } }), undefined);
    assert.equal(choose({ extensions: {} }), undefined);
  });

  it("gives an old server, which lists nothing, the lowest version", () => {
    for (const payload of [{}, undefined, null, { extensions: null }, { extensions: ["logging"] }, "text"]) {
      assert.equal(choose(payload), "0.0.1", JSON.stringify(payload));
    }
  });

  it("survives lists that hold something else", () => {
    assert.equal(choose({ extensions: { logging: [1, null, {}, "0.0.1"] } }), "0.0.1");
    assert.equal(choose({ extensions: { logging: "0.0.1" } }), undefined);
  });

  it("reads the names of attach and detach as list, single name and all", () => {
    assert.deepEqual(namesIn({ extensions: ["geo", 1] }, ["geo", "health"]), ["geo"]);
    assert.deepEqual(namesIn({ extensions: "geo" }, ["geo", "health"]), ["geo"]);
    assert.deepEqual(namesIn({ extensions: "all" }, ["geo", "health"]), ["geo", "health"]);
    assert.deepEqual(namesIn({}, ["geo"]), []);
    assert.deepEqual(namesIn(undefined, ["geo"]), []);
  });
});
