/*
 * metrics 0.1.0: the application's readings with their times, which wait while nothing can be sent, and the device's vitals
 * when the server asks (every 15 minutes, every minute while somebody watches).
 *
 * The rules it guards: a message holds no more than the server takes, and the rate stays below the server's; dropped readings
 * are counted in the log.
 */

import { cut } from "../../../modules/text/cut.js";
import { isPrintable } from "../../../modules/text/printable.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { maxMetricNameBytes, Vitals } from "../../device/vitals.js";
import type { Core, Feature } from "../../feature.js";
import { type LastFailure, properties, take } from "../../log/guarded.js";
import { inspect } from "../../log/inspect.js";
import { requireBoolean, requireFunctions } from "../../option-checks.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { type Attempt, type Lane, type LaneOwner, maxBatchCharacters, Outbox } from "../extensions/outbox.js";
import { isoTime, wallTime } from "../extensions/wall-time.js";

/** The server takes 1 message a second and 5 at once. */
export const metricsRate = Object.freeze({ perSecond: 0.5, burst: 3 });
/** Reports that wait, and names of one report: what one `metrics:report` may carry. */
export const maxMetricReports = 60;
export const maxMetricNames = 20;
/** Names of metrics in total: XS interns each name for ever. */
export const maxDistinctMetrics = 64;
/** The server discards readings whose time is more than 24 h off. */
export const maxReadingAgeMs = 23 * 3_600_000;

export interface MetricsOptions {
  /** Returns readings whenever the server asks. When it fails, only the vitals are sent. */
  readings?(): Readonly<Record<string, number>>;
  /** Whether the device's vitals are sent beside the application's readings. Default true. */
  vitals?: boolean;
}

/** Readings within this time of each other share a report. */
const gatherMs = 1000;
/** Recorded readings are sent after this time, unless the server asks earlier. */
const sendAfterMs = 60_000;
/** Waiting reports that are sent at once: a third of the most that one message carries. */
const sendEarlyReports = 20;

interface Reading {
  readonly atMs: number;
  readonly values: Map<string, number>;
  characters: number;
}

export class Metrics implements Feature, Extension, LaneOwner {
  readonly key = "metrics";
  readonly versions = ["0.1.0"];
  private readonly _options: MetricsOptions;
  private _core: Core | undefined;
  private _vitals: Vitals | undefined;
  private _lane: Lane | undefined;
  private readonly _names = new Set<string>();
  private readonly _readingsFailure: LastFailure = {};
  private _readings: Reading[] = [];
  private _dropped = 0;
  private _attachment: Attachment | undefined;

  constructor(options: MetricsOptions = {}) {
    this._options = options;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    requireFunctions("metrics", this._options, [], ["readings"]);
    const { vitals } = this._options;
    if (vitals !== undefined) requireBoolean("metrics.vitals", vitals);
    this._core = core;
    this._vitals = core.feature(Vitals);
    this._lane = core.feature(Outbox).lane(metricsRate, this);
    core.feature(Extensions).add(this);
  }

  /**
   * Records a reading with the current time; it is sent within a minute, or as soon as there is a connection.
   * @param name at most 64 bytes of UTF-8; a device may use 64 different names
   * @returns false when the reading was refused, with the reason in the log
   */
  record(name: string, value: number): boolean {
    if (!this._add(name, value)) return false;
    // Where the server has no metrics, the last value goes with health.
    if (this._attachment === undefined) this._vitals!.recorded.set(name, value);
    else this._lane?.wake(this._readings.length >= sendEarlyReports ? 0 : sendAfterMs);
    return true;
  }

  /** Ready when the time is known: the server takes no reading without a time. */
  ready(): boolean {
    return this._core!.platform.clock.now() !== undefined;
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
    this._vitals!.recorded.clear();
    this._lane?.wake();
  }

  event(event: string): void {
    if (event !== "check") return;
    const options = this._options;
    const { vitals = true } = options;
    if (vitals) for (const [name, value] of Object.entries(this._vitals!.metrics())) this._add(name, value);
    const ask = (): unknown => (options.readings === undefined ? {} : options.readings());
    const given = take(this._core!.log, "metrics.readings", ask, properties, this._readingsFailure) ?? {};
    for (const [name, value] of Object.entries(given)) this._add(name, value, "metrics.readings: metric");
    this._lane?.wake();
  }

  detached(): void {
    this._attachment = undefined;
    this._lane?.stop();
  }

  /** @param from text before the metric's name in the log */
  private _add(name: string, value: unknown, from = "Metric"): boolean {
    if (typeof name !== "string") return this._refuse(inspect(name), "has a name that is no text", from);
    if (typeof value !== "number" || !Number.isFinite(value)) return this._refuse(name, "is not a number", from);
    if (!this._names.has(name)) {
      if (
        name === "" ||
        name.length > maxMetricNameBytes ||
        !isPrintable(name) ||
        encodeUtf8(name).byteLength > maxMetricNameBytes
      )
        return this._refuse(name, "has a name that the server does not take", from);
      if (this._names.size >= maxDistinctMetrics)
        return this._refuse(name, `is one more than ${maxDistinctMetrics} different names`, from);
      this._names.add(name);
    }
    const atMs = this._core!.platform.clock.monotonic();
    let reading = this._readings.at(-1);
    if (
      reading === undefined ||
      atMs - reading.atMs > gatherMs ||
      reading.values.has(name) ||
      reading.values.size >= maxMetricNames
    ) {
      if (this._readings.length >= maxMetricReports) this._dropped += this._readings.shift()!.values.size;
      reading = { atMs, values: new Map(), characters: 60 };
      this._readings.push(reading);
    }
    reading.values.set(name, value);
    reading.characters += name.length + 16;
    return true;
  }

  /** Sends a batch of readings (LaneOwner). */
  flush(): Attempt {
    if (this._attachment === undefined) return "refused";
    const now = this._core!.platform.clock.monotonic();
    while (this._readings.length > 0 && now - this._readings[0].atMs > maxReadingAgeMs)
      this._dropped += this._readings.shift()!.values.size;
    if (this._dropped > 0) {
      this._core!.log.warning(`${this._dropped} readings were dropped before they could be sent.`);
      this._dropped = 0;
    }
    const reports: object[] = [];
    let characters = 0;
    for (const reading of this._readings) {
      const ms = wallTime(this._core!.platform.clock, reading.atMs);
      characters += reading.characters;
      if (ms === undefined || (reports.length > 0 && characters > maxBatchCharacters)) break;
      reports.push({ timestamp: isoTime(ms), metrics: Object.fromEntries(reading.values) });
    }
    if (reports.length === 0) return "empty";
    if (!this._attachment.send("report", { reports })) return "refused";
    this._readings.splice(0, reports.length);
    return "sent";
  }

  private _refuse(name: string, why: string, from: string): false {
    this._core!.log.warning(`${from} "${cut(name, maxMetricNameBytes)}" ${why}; the reading is left out.`);
    return false;
  }
}
