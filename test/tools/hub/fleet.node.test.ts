/*
 * Ten thousand devices: what the hub does grows with them and no faster. Looks at devices are counted, never timed.
 */

import { Deltas } from "../../../tools/hub/deltas.js";
import { type Connection, Device, freshConnection } from "../../../tools/hub/device.js";
import { FirmwareLibrary } from "../../../tools/hub/firmware-library.js";
import { settingsOf } from "../../../tools/hub/options.js";
import { groupId, Orchestrator } from "../../../tools/hub/orchestrator.js";
import { Timeline } from "../../../tools/hub/timeline.js";
import { Updating } from "../../../tools/hub/updating.js";
import { assert, describe, fixture, it } from "../../support/harness.js";
import { ManualTimers } from "../../support/manual-timers.js";

const many = 10_000;

class Fleet {
  readonly timers = new ManualTimers();
  readonly devices: Device[] = [];
  readonly updating = new Updating();
  readonly offered: Device[] = [];
  readonly orchestrator: Orchestrator;
  /** How often anything was asked of a device, or one was handed out of the list of all. */
  looks = 0;

  constructor(concurrentUpdates: number) {
    const clock = { now: () => this.timers.now };
    const settings = settingsOf({ product: "nh-demo", keys: [], clock, timers: this.timers, concurrentUpdates });
    const library = new FirmwareLibrary("nh-demo");
    for (const name of ["app-1.0.0.bin", "app-1.1.0.bin"])
      library.add(Buffer.from(fixture(`transcripts/fixtures/${name}`)), name);
    const running = library.images()[1].metadata;
    const everybody = function* (this: Fleet) {
      for (const device of this.devices) {
        this.looks++;
        yield device;
      }
    }.bind(this);
    this.orchestrator = new Orchestrator(
      settings,
      library,
      new Deltas(library, undefined, () => {}),
      new Timeline(clock),
      everybody,
      this.updating,
      (device) => {
        this.offered.push(device);
        return true;
      },
    );
    for (let i = 0; i < many; i++) {
      const device = new Device(`device-${i}`, true, (one, before, after) => {
        this.updating.changed(one, before, after);
        if (before?.origin === "group") this.orchestrator.freed();
      });
      device.firmware = running;
      device.groupId = groupId;
      const connection: Connection = freshConnection("connected");
      Object.defineProperty(device, "connection", {
        get: () => {
          this.looks++;
          return connection;
        },
      });
      this.devices.push(device);
    }
  }
}

describe("desk hub, a fleet of 10,000", () => {
  it("joins at 400 a second for a few looks at each", () => {
    const fleet = new Fleet(10);
    for (const [i, device] of fleet.devices.entries()) {
      fleet.orchestrator.schedule(device);
      if (i % 40 === 0) fleet.timers.advance(100);
    }
    fleet.timers.advance(100);
    assert.equal(fleet.offered.length, 10);
    assert.ok(fleet.looks <= 3 * many, `${fleet.looks} looks`);
  });

  it("is updated ten at a time, each place taken at once, for a few looks at each", () => {
    const fleet = new Fleet(10);
    fleet.orchestrator.round();
    for (let done = 0; done < many; done++) {
      const device = fleet.offered[done];
      device.firmware = { ...device.firmware!, uuid: "updated", version: "1.1.0" };
      device.inflight = undefined;
      fleet.timers.advance(100);
    }
    assert.equal(new Set(fleet.offered).size, many);
    assert.ok(fleet.looks <= 4 * many, `${fleet.looks} looks`);
  });

  it("is looked through once for a round that everybody waits for", () => {
    const fleet = new Fleet(0);
    for (let round = 0; round < 3; round++) fleet.orchestrator.round();
    assert.ok(fleet.looks <= 3 * many, `${fleet.looks} looks`);
  });

  it("has its expired updates found without a look at the others", () => {
    const fleet = new Fleet(10);
    fleet.orchestrator.round();
    fleet.looks = 0;
    fleet.timers.advance(31 * 60_000);
    fleet.orchestrator.expire();
    assert.equal(fleet.updating.groupCount, 0);
    assert.ok(fleet.looks <= 100, `${fleet.looks} looks`);
  });
});
