/*
 * Long runs of what an application calls all day, on the engine that counts: what is in use after a collection must not
 * have grown from the first hours to the last.
 */

import Debug from "debug";
import { machineFacts } from "../../hosts/xs/machine.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Core, Feature } from "../../src/feature.js";
import { Alarms } from "../../src/features/alarms/alarms.js";
import { ErrorReports } from "../../src/features/error-reports/error-reports.js";
import { Logging } from "../../src/features/logging/logging.js";
import { Metrics } from "../../src/features/metrics/metrics.js";
import { Log } from "../../src/log/log.js";
import { Redactor } from "../../src/log/redact.js";
import { ManualTimers } from "../support/manual-timers.js";
import { assert, describe, it, report } from "./harness.js";

interface Use {
  chunks: number;
  slots: number;
}

function inUse(): Use {
  Debug.gc();
  const { xsChunks = 0, xsSlots = 0 } = machineFacts();
  return { chunks: xsChunks, slots: xsSlots };
}

/** What these extensions use of a link. */
class BareCore {
  readonly platform: Platform;
  readonly redactor = new Redactor([]);
  readonly log = new Log(() => {}, this.redactor, "error", "t");
  readonly firmware = { uuid: "u" };
  readonly features: Feature[] = [];

  constructor(platform: Platform) {
    this.platform = platform;
  }

  feature<F extends Feature>(kind: new () => F): F {
    return (this.features.find((feature) => feature instanceof kind) as F | undefined) ?? this.install(new kind());
  }

  install<F extends Feature>(feature: F): F {
    this.features.push(feature);
    feature.install?.(this as unknown as Core);
    return feature;
  }
}

describe("extensions over a long time", () => {
  it("logging, metrics, alarms and errors leave the heap as they found it", () => {
    const timers = new ManualTimers();
    const host = {
      timers,
      clock: { now: () => 1795291200000 + timers.now, monotonic: () => timers.now, set: () => {} },
      store: { get: () => undefined, set: () => {}, delete: () => {} },
      device: { resetReason: "software", facts: () => ({ heapFree: 100_000 }) },
    };
    const core = new BareCore(host as unknown as Platform);
    const empty = inUse();
    const logging = core.install(new Logging());
    const metrics = core.install(new Metrics());
    const alarms = core.install(new Alarms());
    const errors = core.install(new ErrorReports());
    const made = inUse();
    report(
      `five extensions at rest: ${made.chunks - empty.chunks} bytes of chunks, ${made.slots - empty.slots} of slots`,
    );
    let sent = 0;
    const port = (version: string) => ({
      version,
      send: (_event: string, payload: object) => {
        sent += JSON.stringify(payload).length;
        return true;
      },
    });
    const minute = (i: number): void => {
      if (i % 60 === 0) {
        logging.attached(port("0.1.0"));
        metrics.attached(port("0.1.0"));
        alarms.attached(port("0.1.0"));
        errors.attached(port("0.1.0"));
      }
      // Offline for the last quarter of every hour, with everything overflowing.
      if (i % 60 === 45) for (const extension of [logging, metrics, alarms, errors]) extension.detached();
      for (let line = 0; line < 20; line++) logging.write("info", `line ${line} of minute ${i}`);
      metrics.record("level", i);
      metrics.event("check");
      if (!alarms.clear("flapping")) alarms.raise("flapping", String(i));
      errors.report(new Error(`error of minute ${i}`));
      timers.advance(60_000);
    };
    for (let i = 0; i < 240; i++) minute(i);
    const first = inUse();
    for (let i = 240; i < 1440; i++) minute(i);
    const last = inUse();
    report(
      `a day: ${sent} characters sent, chunks ${first.chunks} to ${last.chunks} bytes, slots ${first.slots} to ${last.slots} bytes`,
    );
    assert.ok(last.chunks - first.chunks < 2048, `chunks grew from ${first.chunks} to ${last.chunks} bytes`);
    assert.ok(last.slots - first.slots < 2048, `slots grew from ${first.slots} to ${last.slots} bytes`);
  });
});
