/*
 * health 0.0.1: asks at once and every hour, keeps the last report, and rates it as the real server does.
 */

import type { Timer } from "../../../modules/platform/timers.js";
import { isObject, type Json, type JsonObject, member } from "../json.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

/** Warning and unhealthy at, %. */
const thresholds = new Map([
  ["cpu_usage_percent", [80, 90]],
  ["mem_used_percent", [70, 80]],
  ["disk_used_percentage", [80, 90]],
]);
const levels = ["unknown", "healthy", "warning", "unhealthy"];

export class Health implements ServerExtension {
  readonly #context: ExtensionContext;
  #timer: Timer | undefined;

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    this.#check();
    this.#timer ??= this.#context.timers.repeat(() => this.#check(), this.#context.healthIntervalMs);
  }

  detached(): void {
    this.#context.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  receive(event: string, payload: Json): void {
    const value = member(payload, "value");
    if (event !== "report" || !isObject(value)) {
      this.#context.say(`unusable ${event}: it needs an object value`);
      return;
    }
    const metrics = value["metrics"] ?? {};
    if (!isObject(metrics)) {
      this.#context.say("unusable report: metrics must be an object");
      return;
    }
    const alarms = value["alarms"];
    if (alarms !== undefined && !isObject(alarms))
      this.#context.say("alarms must be an object: a list breaks the server's page");
    const status = healthStatus(metrics);
    this.#context.keep({ status, ...value });
    this.#context.say(`report: ${status}, ${Object.keys(metrics).length} metrics`, value);
  }

  #check(): void {
    this.#context.push("check", {});
  }
}

/** The worst of the metrics that have thresholds; text and null count as too high, as in Erlang's order of terms. */
export function healthStatus(metrics: JsonObject): string {
  let worst = 0;
  for (const [name, [warning, unhealthy]] of thresholds) {
    const value = metrics[name];
    if (value === undefined) continue;
    const number = typeof value === "number" ? value : Number.POSITIVE_INFINITY;
    worst = Math.max(worst, number >= unhealthy ? 3 : number >= warning ? 2 : 1);
  }
  return levels[worst];
}
