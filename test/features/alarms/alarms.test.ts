import { Alarms } from "../../../src/features/alarms/alarms.js";
import { assert, describe, it } from "../../support/harness.js";
import { type Sent, ServerBucket, ServerSide, Stage } from "../../support/stage.js";

/** What the server ends with, by the rules of its alarms extension. */
function alarmsOn(sent: readonly Sent[]): Map<string, unknown> {
  let raised = new Map<string, unknown>();
  for (const { event, payload } of sent) {
    if (event === "snapshot") {
      const list = payload["alarms"] as Record<string, unknown>[];
      raised = new Map(list.map((alarm) => [alarm["alarm"] as string, alarm["description"]]));
    } else if (event === "raised") raised.set(payload["alarm"] as string, payload["description"]);
    else raised.delete(payload["alarm"] as string);
  }
  return raised;
}

describe("alarms 0.1.0", () => {
  it("says the whole set on attach and on sync, an empty one too", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.attached(server);
    alarms.event("sync");
    stage.timers.advance(1);
    assert.deepEqual(server.sent[0].payload, { alarms: [] });
    alarms.raise("BatteryLow", "3.1 V");
    stage.timers.advance(5000);
    alarms.event("sync");
    stage.timers.advance(5000);
    assert.deepEqual(server.sent.at(-1)?.payload, {
      alarms: [{ alarm: "BatteryLow", description: "3.1 V", raised_at: "2026-11-21T20:00:00.001Z" }],
    });
  });

  it("says what is raised and cleared as it happens, with its time", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.attached(server);
    stage.timers.advance(1000);
    alarms.raise("Overheat", "81 °C");
    stage.timers.advance(1000);
    alarms.clear("Overheat");
    stage.timers.advance(1000);
    assert.deepEqual(
      server.sent.slice(1).map(({ event, payload }) => [event, payload]),
      [
        ["raised", { alarm: "Overheat", description: "81 °C", raised_at: "2026-11-21T20:00:01.000Z" }],
        ["cleared", { alarm: "Overheat", cleared_at: "2026-11-21T20:00:02.000Z" }],
      ],
    );
  });

  it("leaves times out without a clock", () => {
    const stage = new Stage();
    stage.wallMs = undefined;
    const alarms = stage.core.install(new Alarms());
    alarms.raise("a", "");
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.attached(server);
    stage.timers.advance(1000);
    assert.deepEqual(server.sent[0].payload, { alarms: [{ alarm: "a", description: "" }] });
  });

  it("flapping alarms pass the bucket and leave the server with the true set", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    const server = new ServerSide(stage.timers, "0.1.0", new ServerBucket(stage.timers, 1, 10));
    alarms.attached(server);
    for (let i = 0; i < 2000; i++) {
      const name = `alarm ${i % 7}`;
      if (!alarms.clear(name)) alarms.raise(name, `number ${i}`);
      stage.timers.advance((i * 13) % 90);
    }
    stage.timers.advance(120_000);
    assert.equal(server.dropped, 0);
    const truth = new Map([...alarms.raised].map(([name, { description }]) => [name, description]));
    assert.deepEqual([...alarmsOn(server.sent)].sort(), [...truth].sort());
  });

  it("what was raised offline, or while a connection was backed up, arrives", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    alarms.raise("offline");
    const server = new ServerSide(stage.timers, "0.1.0");
    server.blocked = true;
    alarms.attached(server);
    stage.timers.advance(5000);
    alarms.raise("blocked");
    alarms.clear("offline");
    stage.timers.advance(5000);
    server.blocked = false;
    stage.timers.advance(5000);
    assert.deepEqual([...alarmsOn(server.sent).keys()], ["blocked"]);
  });

  it("takes a bounded number of alarms and says which it did not", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    for (let i = 0; i < 40; i++) alarms.raise(`alarm ${i}`);
    assert.equal(alarms.raised.size, 32);
    assert.equal(stage.printed.length, 8);
    assert.equal(alarms.raise(""), false);
    assert.equal(alarms.raise("x".repeat(256)), false);
  });

  it("raising again with the same words says nothing new", () => {
    const stage = new Stage();
    const alarms = stage.core.install(new Alarms());
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.attached(server);
    stage.timers.advance(1000);
    for (let i = 0; i < 100; i++) alarms.raise("same", "words");
    stage.timers.advance(60_000);
    assert.equal(server.sent.length, 2);
  });
});
