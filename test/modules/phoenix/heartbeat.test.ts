import { Heartbeat } from "../../../modules/phoenix/heartbeat.js";
import { assert, describe, it } from "../../support/harness.js";

const fixed = { intervalMs: 30000, maxIntervalMs: 30000 };

describe("phoenix heartbeat", () => {
  it("is due one interval after the connection opened", () => {
    const heartbeat = new Heartbeat(fixed, 1000);
    assert.deepEqual(heartbeat.next(1000), { type: "wait", delayMs: 30000 });
    assert.deepEqual(heartbeat.next(31000), { type: "send" });
  });

  it("ends the connection when one beat stays unanswered for an interval", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.received(45000);
    assert.deepEqual(heartbeat.next(59999), { type: "wait", delayMs: 1 });
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("measures the round trip and goes on after an answer", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.received(30042);
    heartbeat.reply("5", 30042);
    assert.equal(heartbeat.roundTripMs, 42);
    assert.deepEqual(heartbeat.next(30042), { type: "wait", delayMs: 29958 });
  });

  it("takes a reply to another ref for nothing", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.beat("5", 30000);
    heartbeat.reply("4", 30010);
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("leaves a beat out while frames go both ways", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    heartbeat.sent(20000);
    heartbeat.received(20000);
    assert.deepEqual(heartbeat.next(30000), { type: "wait", delayMs: 20000 });
  });

  it("finds a half-open socket within two intervals however much is sent into it", () => {
    const heartbeat = new Heartbeat(fixed, 0);
    for (let now = 0; now < 30000; now += 1000) heartbeat.sent(now);
    assert.deepEqual(heartbeat.next(30000), { type: "send" });
    heartbeat.beat("9", 30000);
    for (let now = 30000; now < 60000; now += 1000) heartbeat.sent(now);
    assert.deepEqual(heartbeat.next(60000), { type: "dead" });
  });

  it("grows to the longest interval when told to save bytes, and no further", () => {
    const heartbeat = new Heartbeat({ intervalMs: 30000, maxIntervalMs: 120000 }, 0);
    for (let beat = 0; beat < 20; beat++) {
      heartbeat.beat(String(beat), beat);
      heartbeat.reply(String(beat), beat);
    }
    assert.equal(heartbeat.intervalMs, 120000);
  });
});
