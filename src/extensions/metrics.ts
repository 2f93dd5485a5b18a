/*
 * metrics 0.1.0: readings with the time at which they were taken, gathered while nothing can be sent, and the device's
 * own figures when the server asks (every 15 minutes, every minute while somebody watches).
 *
 * The rules it guards: never more than one message may carry, never faster than the bucket; and a reading that had to
 * be dropped is counted and said.
 */

import type { Clock } from "../../modules/host/clock.js";
import type { Timers } from "../../modules/host/timers.js";
import {
  maxBatchCharacters,
  maxDistinctMetrics,
  maxMetricNameBytes,
  maxMetricNames,
  maxMetricReports,
  maxReadingAgeMs,
  metricsRate,
} from "../../modules/limits/limits.js";
import { cut } from "../../modules/text/cut.js";
import { isPrintable } from "../../modules/text/printable.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import { inspect } from "../console/inspect.js";
import { properties, type Said, take } from "../guarded.js";
import type { Log } from "../log.js";
import type { Extension, ExtensionPort } from "./extension.js";
import { type Attempt, PacedSender } from "./paced-sender.js";
import type { Vitals } from "./vitals.js";
import { isoTime, wallTime } from "./wall-time.js";

export interface MetricsOptions {
  /** Readings to take whenever the server asks. When it fails, the device's own go out. */
  readings?(): Readonly<Record<string, number>>;
  /** False: only the application's own readings, not the device's. Default true. */
  vitals?: boolean;
}

/** Readings within this time of each other share a report. */
const gatherMs = 1000;
/** What was recorded is sent after this, unless the server asks earlier. */
const sendAfterMs = 60_000;
/** With so many reports waiting they are sent at once: a third of what one message carries. */
const sendEarlyReports = 20;

interface Reading {
  readonly atMs: number;
  readonly values: Map<string, number>;
  characters: number;
}

export class Metrics implements Extension {
  readonly key = "metrics";
  readonly versions = ["0.1.0"];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #vitals: Vitals;
  readonly #options: MetricsOptions;
  readonly #sender: PacedSender;
  readonly #names = new Set<string>();
  readonly #readingsSaid: Said = {};
  #readings: Reading[] = [];
  #dropped = 0;
  #port: ExtensionPort | undefined;

  constructor(host: { clock: Clock; timers: Timers }, log: Log, vitals: Vitals, options: MetricsOptions) {
    this.#clock = host.clock;
    this.#log = log;
    this.#vitals = vitals;
    this.#options = options;
    this.#sender = new PacedSender(host, metricsRate, () => this.#flush());
  }

  /**
   * Notes a reading of now; it is sent within a minute, or as soon as there is a connection.
   * @param name at most 64 bytes of UTF-8; a device may use 64 different ones
   * @returns false when it was not taken, with the reason in the log
   */
  record(name: string, value: number): boolean {
    if (!this.#add(name, value)) return false;
    if (this.#port !== undefined) this.#sender.wake(this.#readings.length >= sendEarlyReports ? 0 : sendAfterMs);
    return true;
  }

  /** The server takes no reading without its time. */
  ready(): boolean {
    return this.#clock.now() !== undefined;
  }

  attached(port: ExtensionPort): void {
    this.#port = port;
    this.#sender.wake();
  }

  event(event: string): void {
    if (event !== "check") return;
    const options = this.#options;
    const { vitals = true } = options;
    if (vitals) for (const [name, value] of Object.entries(this.#vitals.metrics())) this.#add(name, value);
    const ask = (): unknown => (options.readings === undefined ? {} : options.readings());
    const given = take(this.#log, "metrics.readings", ask, properties, this.#readingsSaid) ?? {};
    for (const [name, value] of Object.entries(given)) this.#add(name, value, "metrics.readings: metric");
    this.#sender.wake();
  }

  detached(): void {
    this.#port = undefined;
    this.#sender.stop();
  }

  /** @param from for the log, before the name */
  #add(name: string, value: unknown, from = "Metric"): boolean {
    if (typeof name !== "string") return this.#refuse(inspect(name), "has a name that is no text", from);
    if (typeof value !== "number" || !Number.isFinite(value)) return this.#refuse(name, "is not a number", from);
    if (!this.#names.has(name)) {
      if (
        name === "" ||
        name.length > maxMetricNameBytes ||
        !isPrintable(name) ||
        encodeUtf8(name).byteLength > maxMetricNameBytes
      )
        return this.#refuse(name, "has a name that the server does not take", from);
      if (this.#names.size >= maxDistinctMetrics)
        return this.#refuse(name, `is one more than ${maxDistinctMetrics} different names`, from);
      this.#names.add(name);
    }
    const atMs = this.#clock.monotonic();
    let reading = this.#readings.at(-1);
    if (
      reading === undefined ||
      atMs - reading.atMs > gatherMs ||
      reading.values.has(name) ||
      reading.values.size >= maxMetricNames
    ) {
      if (this.#readings.length >= maxMetricReports) this.#dropped += this.#readings.shift()!.values.size;
      reading = { atMs, values: new Map(), characters: 60 };
      this.#readings.push(reading);
    }
    reading.values.set(name, value);
    reading.characters += name.length + 16;
    return true;
  }

  #flush(): Attempt {
    if (this.#port === undefined) return "refused";
    const now = this.#clock.monotonic();
    while (this.#readings.length > 0 && now - this.#readings[0].atMs > maxReadingAgeMs)
      this.#dropped += this.#readings.shift()!.values.size;
    if (this.#dropped > 0) {
      this.#log.warning(`${this.#dropped} readings were dropped before they could be sent.`);
      this.#dropped = 0;
    }
    const reports: object[] = [];
    let characters = 0;
    for (const reading of this.#readings) {
      const ms = wallTime(this.#clock, reading.atMs);
      characters += reading.characters;
      if (ms === undefined || (reports.length > 0 && characters > maxBatchCharacters)) break;
      reports.push({ timestamp: isoTime(ms), metrics: Object.fromEntries(reading.values) });
    }
    if (reports.length === 0) return "empty";
    if (!this.#port.send("report", { reports })) return "refused";
    this.#readings.splice(0, reports.length);
    return "sent";
  }

  #refuse(name: string, why: string, from: string): false {
    this.#log.warning(`${from} "${cut(name, maxMetricNameBytes)}" ${why}; the reading is left out.`);
    return false;
  }
}
