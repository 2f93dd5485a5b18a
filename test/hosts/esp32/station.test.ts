import { type Radio, Station } from "../../../hosts/esp32/station.js";
import { assert, describe, it } from "../../support/harness.js";
import { ManualTimers } from "../../support/manual-timers.js";

class FakeRadio implements Radio {
  state: Radio["state"] = "down";
  connects = 0;
  refuses = false;

  connect(): void {
    this.connects++;
    if (this.refuses) throw new Error("connect failed");
    this.state = "busy";
  }

  disconnect(): void {
    this.state = "down";
  }
}

function setUp(fraction = 1) {
  const radio = new FakeRadio();
  const timers = new ManualTimers();
  const events: string[] = [];
  const station: Station = new Station({
    radio,
    timers,
    fraction: () => fraction,
    onUp: () => events.push("up"),
    onDown: () => events.push("down"),
    print: () => {},
  });
  const becomes = (state: Radio["state"]) => {
    radio.state = state;
    station.changed();
  };
  return { radio, timers, events, station, becomes };
}

describe("Station", () => {
  it("reports up once there is an address, not before", () => {
    const { station, events, becomes } = setUp();
    station.start();
    becomes("busy");
    assert.deepEqual(events, []);
    becomes("up");
    becomes("up");
    assert.deepEqual(events, ["up"]);
  });

  it("tries for as long as it takes, with waits that double to 60 s", () => {
    const { station, radio, timers, becomes } = setUp();
    station.start();
    const waits: unknown[] = [];
    for (let i = 0; i < 9; i++) {
      becomes("down");
      waits.push(timers.nextMs);
      timers.advance(timers.nextMs ?? 0);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
    assert.equal(radio.connects, 10);
  });

  it("keeps at least half of each wait, whatever the random fraction", () => {
    const { station, timers, becomes } = setUp(0);
    station.start();
    becomes("down");
    assert.equal(timers.nextMs, 500);
  });

  it("ends an attempt that brings no address within 30 s, and tries again", () => {
    const { station, radio, timers } = setUp();
    station.start();
    timers.advance(30_000);
    assert.equal(radio.state, "down");
    timers.advance(1000);
    assert.equal(radio.connects, 2);
  });

  it("treats a radio that throws as a failed attempt", () => {
    const { station, radio, timers } = setUp();
    radio.refuses = true;
    station.start();
    radio.refuses = false;
    timers.advance(1000);
    assert.equal(radio.state, "busy");
  });

  it("reports down when the connection is lost, and starts over with the shortest wait", () => {
    const { station, events, timers, becomes } = setUp();
    station.start();
    for (let i = 0; i < 5; i++) {
      becomes("down");
      timers.advance(timers.nextMs ?? 0);
    }
    becomes("up");
    becomes("down");
    assert.deepEqual(events, ["up", "down"]);
    assert.equal(timers.nextMs, 1000);
  });

  it("counts a lost address as a lost connection", () => {
    const { station, events, becomes } = setUp();
    station.start();
    becomes("up");
    becomes("busy");
    assert.deepEqual(events, ["up", "down"]);
  });

  it("leaves no timer and no connection behind when stopped", () => {
    for (const state of ["down", "busy", "up"] as const) {
      const { station, radio, timers, becomes } = setUp();
      station.start();
      becomes(state);
      station.stop();
      assert.equal(timers.count, 0);
      assert.equal(radio.state, "down");
    }
  });

  it("does not try again when onDown stops it", () => {
    const radio = new FakeRadio();
    const timers = new ManualTimers();
    const station: Station = new Station({
      radio,
      timers,
      fraction: () => 1,
      onUp: () => {},
      onDown: () => station.stop(),
      print: () => {},
    });
    station.start();
    radio.state = "up";
    station.changed();
    radio.state = "down";
    station.changed();
    assert.equal(timers.count, 0);
  });
});
