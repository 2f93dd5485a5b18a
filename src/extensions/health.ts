/*
 * health 0.0.1: a report when the server asks (hourly, every minute while somebody watches) or the application wants one.
 *
 * The rule it guards: nothing goes out that breaks a page of the server: metrics are numbers only (a text makes a device
 * "unhealthy"), `mem_used_mb` never without `mem_used_percent`, alarms an object and never a list.
 */

import type { Host } from "../../modules/host/host.js";
import { maxHealthMetrics } from "../../modules/limits/limits.js";
import type { Alarms } from "./alarms.js";
import { Answer } from "./answer.js";
import type { Extension, ExtensionPort } from "./extension.js";
import type { Vitals } from "./vitals.js";
import { isoTime } from "./wall-time.js";

export interface HealthOptions {
  /**
   * Metrics to add, or to put in place of those with the same name (src/extensions/vitals.ts has the names). What is not
   * a finite number is left out, so `undefined` removes one.
   */
  metrics?(defaults: Readonly<Record<string, number>>): Readonly<Record<string, number | undefined>>;
  /** Texts for the device's page. */
  metadata?(): Readonly<Record<string, string>>;
}

export class Health implements Extension {
  readonly key = "health";
  readonly versions = ["0.0.1"];
  readonly #host: Host;
  readonly #vitals: Vitals;
  readonly #alarms: Alarms;
  readonly #options: HealthOptions;
  readonly #lacking: () => string | undefined;
  readonly #answer: Answer;

  /** @param lacking what the device lacks to survive a bad update */
  constructor(
    host: Host,
    vitals: Vitals,
    alarms: Alarms,
    options: HealthOptions,
    lacking: () => string | undefined = () => undefined,
  ) {
    this.#host = host;
    this.#lacking = lacking;
    this.#vitals = vitals;
    this.#alarms = alarms;
    this.#options = options;
    this.#answer = new Answer(host, (port) => (port.send("report", { value: this.#value() }) ? "sent" : "refused"));
  }

  /** Sends a report without being asked. @returns false while the server wants none */
  report(): boolean {
    return this.#answer.owe();
  }

  attached(port: ExtensionPort): void {
    this.#answer.attached(port);
  }

  event(event: string): void {
    if (event === "check") this.report();
  }

  detached(): void {
    this.#answer.detached();
  }

  #value(): object {
    const { clock, device } = this.#host;
    const now = clock.now();
    const lacking = this.#lacking();
    const metadata = lacking === undefined ? {} : { updates_unprotected: `without ${lacking}` };
    const value: Record<string, unknown> = {
      metrics: this.#metrics(),
      metadata: { reset_reason: device.resetReason, ...metadata, ...this.#options.metadata?.() },
      checks: {},
      connectivity: {},
    };
    if (now !== undefined) value["timestamp"] = isoTime(now);
    if (!this.#alarms.isAttached) {
      const alarms: Record<string, string> = {};
      // An empty description would mean "no alarm".
      for (const [name, { description }] of this.#alarms.raised) alarms[name] = description || "raised";
      value["alarms"] = alarms;
    }
    return value;
  }

  #metrics(): Record<string, number> {
    const defaults = this.#vitals.metrics();
    const given = { ...defaults, ...this.#options.metrics?.(defaults) };
    const metrics: Record<string, number> = {};
    let count = 0;
    for (const [name, number] of Object.entries(given)) {
      // "timestamp" collides with a key that the page adds.
      if (typeof number !== "number" || !Number.isFinite(number) || name === "timestamp") continue;
      if (name === "mem_used_mb" && !Number.isFinite(given["mem_used_percent"])) continue;
      if (++count > maxHealthMetrics) break;
      metrics[name] = number;
    }
    return metrics;
  }
}
