import { ServerKeys } from "../../../src/features/server-keys/server-keys.js";
import { assert, describe, it } from "../../support/harness.js";
import { Stage } from "../../support/stage.js";

const ed25519 = "bG9uZyBiYXNlNjQgc3RyaW5nIG9mIDMyIGJ5dGVzLi4=";
const pem = `-----BEGIN PUBLIC KEY-----\n${"A".repeat(560)}\n-----END PUBLIC KEY-----\n`;

function tell(keys: ServerKeys, payload: unknown): void {
  assert.ok(keys.message("fwup_public_keys", payload));
}

describe("public keys of the server", () => {
  it("keeps them over restarts, each kind for itself", () => {
    const { core } = new Stage();
    tell(core.install(new ServerKeys()), { keys: [ed25519, pem] });
    const after = core.install(new ServerKeys());
    assert.deepEqual(after.keys("firmware"), [ed25519, pem]);
    assert.deepEqual(after.keys("archive"), []);
  });

  it("an empty, missing or unusable list removes nothing", () => {
    const keys = new Stage().core.install(new ServerKeys());
    tell(keys, { keys: [ed25519] });
    for (const payload of [{ keys: [] }, {}, null, undefined, { keys: "x" }, { keys: [5, "short", null] }])
      tell(keys, payload);
    assert.deepEqual(keys.keys("firmware"), [ed25519]);
  });

  it("writes flash only for something new", () => {
    const stage = new Stage();
    const keys = stage.core.install(new ServerKeys());
    tell(keys, { keys: [ed25519] });
    stage.storeFails = true;
    for (let i = 0; i < 10; i++) tell(keys, { keys: [ed25519, ed25519] });
  });

  it("keeps what the store takes, and says so", () => {
    const stage = new Stage();
    const keys = stage.core.install(new ServerKeys());
    tell(keys, { keys: [pem, pem.replace("A", "B"), pem.replace("A", "C"), pem.replace("A", "D")] });
    assert.equal(keys.keys("firmware").length, 3);
    assert.ok(stage.stored.get("keys-firmware")!.byteLength <= 2048);
    assert.ok(stage.printed.some((line) => line.includes("more firmware keys")));
  });

  it("a damaged record is no key", () => {
    const { core, stored } = new Stage();
    stored.set("keys-firmware", new Uint8Array([0xff, 0xfe]));
    assert.deepEqual(core.install(new ServerKeys()).keys("firmware"), []);
  });
});
