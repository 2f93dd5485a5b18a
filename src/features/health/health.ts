/*
 * health 0.0.1: a report when the server asks (hourly, every minute while somebody watches) or the application wants one.
 *
 * The rule it guards: nothing goes out that breaks a page of the server: metrics are numbers only (a text makes a device
 * "unhealthy"), `mem_used_mb` never without `mem_used_percent`, alarms an object and never a list.
 */

import { cut } from "../../../modules/text/cut.js";
import { isPrintable } from "../../../modules/text/printable.js";
import { maxMetricNameBytes, Vitals } from "../../device/vitals.js";
import type { Core, Feature } from "../../feature.js";
import { type Kind, type LastFailure, properties, take } from "../../log/guarded.js";
import { requireFunctions } from "../../option-checks.js";
import { Answer, type Answering } from "../extensions/answer.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { jsonBytes } from "../extensions/json-bytes.js";
import { type Attempt, Outbox } from "../extensions/outbox.js";
import { isoTime } from "../extensions/wall-time.js";

/** Metrics of one health report: the server keeps each as a series. */
export const maxHealthMetrics = 64;
/**
 * Metadata of one health report: entries, characters of a text, and bytes of all as JSON, so that they fit the send queue
 * beside the metrics and 32 names of alarms. The device's page shows some ten of them, in one line each.
 */
export const maxHealthMetadata = 32;
export const maxHealthMetadataCharacters = 256;
export const maxHealthMetadataBytes = 8192;

export interface HealthOptions {
  /**
   * Metrics to add, or to replace those of the same name (src/device/vitals.ts has the names). A value that is no finite
   * number is left out and named in the log; `undefined` removes a metric. When this function fails, the defaults are sent.
   */
  metrics?(defaults: Readonly<Record<string, number>>): Readonly<Record<string, number | undefined>>;
  /**
   * Texts for the device's page: up to 32 of up to 256 characters, 8 KB in total. A value that is no text is left out and
   * named in the log. When this function fails, the report has no such texts.
   */
  metadata?(): Readonly<Record<string, string>>;
}

interface Texts {
  readonly texts: Record<string, string>;
  /** Names of the entries that are no text, or exceed a bound. */
  readonly others: readonly string[];
}

interface Numbers {
  readonly numbers: Record<string, number | undefined>;
  /** Names of the entries that are no number, or have no usable name. */
  readonly others: readonly string[];
}

const metadata: Kind<Texts> = Object.freeze({
  wanted: "an object of texts",
  read: (value: unknown) => {
    const given = properties.read(value, false);
    if (given === undefined) return undefined;
    const texts: Record<string, string> = {};
    const others: string[] = [];
    let count = 0;
    let bytes = 0;
    for (const [name, text] of Object.entries(given)) {
      if (text === undefined) continue;
      const isText = typeof text === "string" || typeof text === "number" || typeof text === "boolean";
      if (!isText || count >= maxHealthMetadata || name.length > maxHealthMetadataCharacters) {
        others.push(name);
        continue;
      }
      const kept = cut(String(text), maxHealthMetadataCharacters);
      const size = jsonBytes([name, kept]);
      if (bytes + size > maxHealthMetadataBytes) {
        others.push(name);
        continue;
      }
      count++;
      bytes += size;
      texts[name] = kept;
    }
    return { texts, others };
  },
});

const numbers: Kind<Numbers> = Object.freeze({
  wanted: "an object of numbers",
  read: (value: unknown) => {
    const given = properties.read(value, false);
    if (given === undefined) return undefined;
    const numbers: Record<string, number | undefined> = {};
    const others: string[] = [];
    for (const [name, number] of Object.entries(given)) {
      const isName =
        name.length <= maxMetricNameBytes && isPrintable(name) && jsonBytes(name) <= maxMetricNameBytes + 2;
      if (isName && (number === undefined || Number.isFinite(number))) numbers[name] = number as number | undefined;
      else others.push(name);
    }
    return { numbers, others };
  },
});

/** The part of Alarms that a report reads: it holds the alarms while the alarms extension is not attached. */
interface RaisedAlarms {
  readonly isAttached: boolean;
  readonly raised: ReadonlyMap<string, { readonly description: string }>;
}

export class Health implements Feature, Extension, Answering {
  readonly key = "health";
  readonly versions = ["0.0.1"];
  private readonly _options: HealthOptions;
  private _core: Core | undefined;
  private _vitals: Vitals | undefined;
  private _answer: Answer | undefined;
  private readonly _metricsFailure: LastFailure = {};
  private readonly _metadataFailure: LastFailure = {};
  /** Names that were left out last, by function. */
  private readonly _leftOut = new Map<string, string>();

  constructor(options: HealthOptions = {}) {
    this._options = options;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    requireFunctions("health", this._options, [], ["metrics", "metadata"]);
    this._core = core;
    this._vitals = core.feature(Vitals);
    this._vitals.urgent = () => void this.report();
    this._answer = new Answer(core.feature(Outbox), this);
    core.feature(Extensions).add(this);
  }

  /** Sends a report without being asked. @returns false while the server wants none */
  report(): boolean {
    return this._answer?.owe() ?? false;
  }

  attached(attachment: Attachment): void {
    this._answer?.attached(attachment);
  }

  event(event: string): void {
    if (event === "check") this.report();
  }

  detached(): void {
    this._answer?.detached();
  }

  /** Sends the report (Answering). */
  answer(attachment: Attachment): Attempt {
    return attachment.send("report", { value: this._value() }) ? "sent" : "refused";
  }

  private _value(): object {
    const { platform, lacking, update } = this._core!;
    const { clock, device } = platform;
    const now = clock.now();
    const metadata = lacking === undefined ? {} : { updates_unprotected: `without ${lacking}` };
    const refused = update.refused === undefined ? {} : { updates_refused: cut(update.refused, 200) };
    const value: Record<string, unknown> = {
      metrics: this._metrics(),
      metadata: { reset_reason: device.resetReason, ...metadata, ...refused, ...this._metadata() },
      checks: {},
      connectivity: {},
    };
    if (now !== undefined) value["timestamp"] = isoTime(now);
    const raised = this._core!.feature(Extensions).byKey.get("alarms") as RaisedAlarms | undefined;
    if (raised?.isAttached !== true) {
      const alarms: Record<string, string> = {};
      // An empty description would mean "no alarm".
      for (const [name, { description }] of raised?.raised ?? []) alarms[name] = description || "raised";
      // All names are sent; descriptions only when all of them fit.
      if (jsonBytes(alarms) > maxHealthMetadataBytes) for (const name of Object.keys(alarms)) alarms[name] = "raised";
      value["alarms"] = alarms;
    }
    return value;
  }

  private _metadata(): Record<string, string> {
    const options = this._options;
    const ask = (): unknown => (options.metadata === undefined ? {} : options.metadata());
    const taken = take(this._core!.log, "health.metadata", ask, metadata, this._metadataFailure);
    if (taken === undefined) return {};
    const { texts, others } = taken;
    this._sayLeftOut("health.metadata", `no text, too long or one more than ${maxHealthMetadata}`, others);
    return texts;
  }

  /** Logs the names that were left out, once until they change. */
  private _sayLeftOut(name: string, why: string, others: readonly string[]): void {
    const list = others
      .slice(0, 8)
      .map((other) => cut(other, 64))
      .join(", ");
    const text = others.length > 8 ? `${list} and ${others.length - 8} more` : list;
    if (text !== "" && text !== this._leftOut.get(name)) this._core!.log.error(`${name}: ${why} is ${text}; left out.`);
    this._leftOut.set(name, text);
  }

  private _metrics(): Record<string, number> {
    const defaults = { ...this._vitals!.metrics(), ...Object.fromEntries(this._vitals!.recorded) };
    const options = this._options;
    const ask = (): unknown => (options.metrics === undefined ? {} : options.metrics({ ...defaults }));
    const taken = take(this._core!.log, "health.metrics", ask, numbers, this._metricsFailure);
    if (taken !== undefined) this._sayLeftOut("health.metrics", "no number, or no name for one,", taken.others);
    const given = { ...defaults, ...taken?.numbers };
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
