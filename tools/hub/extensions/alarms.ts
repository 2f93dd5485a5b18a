/*
 * alarms 0.1.0: events as they happen, and the whole set when the server asks, which it does on attach and 10 s after it
 * had to drop something (NervesHub, docs/alarms.md).
 */

import type { Timer } from "../../../modules/platform/timers.js";
import { isObject, isText, type Json, member, sizeOf } from "../json.js";
import { maxAlarmDescriptionCharacters, maxAlarms } from "../limits.js";
import { Bucket } from "./bucket.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const resyncDelayMs = 10_000;
const nameLength = 255;
const futureMs = 60 * 60_000;
const ageMs = 72 * 60 * 60_000;

interface Alarm {
  readonly description: Json;
  /** ISO 8601: the device's time if believable, else that of arrival. */
  readonly raised_at: string;
}

export class Alarms implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #bucket: Bucket;
  #raised = new Map<string, Alarm>();
  #resync: Timer | undefined;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#bucket = new Bucket(context.clock, 1, 10);
  }

  attached(): void {
    this.#context.push("sync", {});
  }

  detached(): void {
    this.#context.timers.clear(this.#resync);
    this.#resync = undefined;
  }

  receive(event: string, payload: Json): void {
    const name = member(payload, "alarm");
    const alarms = member(payload, "alarms");
    if (event === "snapshot" && Array.isArray(alarms)) {
      this.#snapshot(alarms);
      return;
    }
    if ((event !== "raised" && event !== "cleared") || !isText(name)) {
      this.#context.say(`unusable event ${event}`, payload);
      return;
    }
    if (!this.#allowed()) return;
    if (event === "raised") this.#raise(this.#raised, name, payload);
    else this.#raised.delete(name);
    this.#context.say(`${event} ${name}`, payload);
    this.#keep();
  }

  /** All or nothing: one entry that cannot be read leaves the stored set as it was. */
  #snapshot(alarms: readonly Json[]): void {
    if (!alarms.every((alarm) => isObject(alarm) && isText(alarm["alarm"]))) {
      this.#context.say("a snapshot with malformed entries is refused whole", [...alarms]);
      return;
    }
    if (!this.#allowed()) return;
    this.#context.timers.clear(this.#resync);
    this.#resync = undefined;
    const raised = new Map<string, Alarm>();
    for (const alarm of alarms) this.#raise(raised, member(alarm, "alarm") as string, alarm);
    this.#raised = raised;
    this.#context.say(`snapshot: ${raised.size} raised`, [...alarms]);
    this.#keep();
  }

  #raise(into: Map<string, Alarm>, name: string, entry: Json): void {
    if (name === "" || [...name].length > nameLength) {
      this.#context.say("an alarm whose name cannot be stored");
      return;
    }
    if (into.size >= maxAlarms && !into.has(name)) {
      this.#context.say(`more than ${maxAlarms} alarms: the rest is not kept`);
      return;
    }
    const raised_at = this.#believed(member(entry, "raised_at"));
    const description = member(entry, "description") ?? null;
    const fits = sizeOf(description, maxAlarmDescriptionCharacters) !== undefined;
    into.set(name, { description: fits ? description : "too long to be kept", raised_at });
  }

  #believed(time: Json | undefined): string {
    const now = this.#context.clock.now();
    const given = isText(time) ? Date.parse(time) : Number.NaN;
    const believable = given - now <= futureMs && now - given <= ageMs;
    return new Date(believable ? given : now).toISOString();
  }

  #allowed(): boolean {
    if (this.#bucket.take()) return true;
    this.#context.say(`too fast: ${this.#bucket.dropped} messages dropped so far`);
    this.#resync ??= this.#context.timers.set(() => {
      this.#resync = undefined;
      this.#context.push("sync", {});
    }, resyncDelayMs);
    return false;
  }

  #keep(): void {
    const raised = Object.fromEntries([...this.#raised].map(([name, alarm]) => [name, { ...alarm }]));
    this.#context.keep({ raised, dropped: this.#bucket.dropped });
  }
}
