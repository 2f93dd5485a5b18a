import { NetworkIdentity, type NetworkIdentityEntry } from "../../../src/features/network-identity/network-identity.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

describe("network_identity 0.0.1", () => {
  const entry = { service: "wireguard", identifier: "key" } as const;

  it("answers a request, then only what has changed", () => {
    const stage = new Stage();
    let ip = "10.0.0.7";
    const network = stage.core.install(new NetworkIdentity(() => [{ ...entry, details: { ip } }]));
    const server = new ServerSide(stage.timers, "0.0.1");
    network.attached(server);
    network.event("request");
    stage.timers.advance(1_000_000);
    assert.equal(server.sent.length, 1);
    ip = "10.0.0.8";
    stage.timers.advance(300_000);
    assert.deepEqual(server.sent[1].payload, {
      identities: [{ service: "wireguard", instance: "default", identifier: "key", details: { ip: "10.0.0.8" } }],
    });
    network.detached();
    assert.equal(stage.timers.count, 0);
  });

  it("leaves out what the server would skip, and says so", () => {
    const stage = new Stage();
    const wrong = [
      { service: "telepathy" as "iroh", identifier: "key" },
      { ...entry, identifier: "" },
      { ...entry, identifier: "x".repeat(256) },
      { ...entry, details: { large: "x".repeat(5000) } },
    ];
    const many: NetworkIdentityEntry[] = [];
    for (let i = 0; i < 20; i++) many.push({ ...entry, instance: `wg${i}` });
    const network = stage.core.install(new NetworkIdentity(() => [...wrong, ...many]));
    const server = new ServerSide(stage.timers, "0.0.1");
    network.attached(server);
    network.event("request");
    stage.timers.advance(1000);
    assert.equal(server.all("identities").length, 10);
    assert.equal(stage.printed.length, 4);
  });
});
