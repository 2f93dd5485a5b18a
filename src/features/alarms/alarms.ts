/*
 * alarms 0.1.0: conditions that hold until they are cleared. The server keeps a copy of the device's set of alarms; the device
 * sends its whole set whenever single events could have been lost.
 *
 * The rule it guards: after lost messages the server's set becomes the device's set again. An alarm that was raised and
 * cleared while nothing could be sent never reaches the server. A set that is too long for one message is sent without
 * descriptions.
 */

import { cut } from "../../../modules/text/cut.js";
import { Vitals } from "../../device/vitals.js";
import type { Core, Feature } from "../../feature.js";
import { inspect } from "../../log/inspect.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { jsonBytes, maxListBytes } from "../extensions/json-bytes.js";
import { type Attempt, type Lane, type LaneOwner, Outbox } from "../extensions/outbox.js";
import { isoTime, wallTime } from "../extensions/wall-time.js";

/** Alarms raised at one time; a snapshot has to fit one message. */
export const maxAlarms = 32;
/** Characters of an alarm's name (the server's bound) and of its description (ours). */
export const maxAlarmNameCharacters = 255;
/** Bytes of an alarm's name as JSON: 32 of them fit one message. */
export const maxAlarmNameBytes = 512;
export const maxAlarmDescriptionCharacters = 256;
/** The server takes 1 message a second and 10 at once, and believes times back to 72 h. */
export const alarmsRate = Object.freeze({ perSecond: 0.8, burst: 8 });
export const maxAlarmAgeMs = 71 * 3_600_000;

interface Alarm {
  readonly description: string;
  readonly raisedMs: number;
}

interface Change {
  readonly name: string;
  readonly raised: boolean;
  readonly atMs: number;
}

/** Time after a snapshot in which the server's "sync" asks for nothing new, in milliseconds. */
const syncWaitMs = 3000;

export class Alarms implements Feature, Extension, LaneOwner {
  readonly key = "alarms";
  readonly versions = ["0.1.0"];
  private _core: Core | undefined;
  private _lane: Lane | undefined;
  private readonly _raised = new Map<string, Alarm>();
  /** Changes that were not sent yet, in their order. */
  private _changes: Change[] = [];
  /** When a snapshot was sent, while nothing has changed since. */
  private _toldMs: number | undefined;
  private _snapshotDue = false;
  private _attachment: Attachment | undefined;

  install(core: Core): void {
    this._core = core;
    this._lane = core.feature(Outbox).lane(alarmsRate, this);
    core.feature(Extensions).add(this);
  }

  /**
   * Raises an alarm; one that is raised already gets the new description.
   * @param name up to 255 characters, and 512 bytes: "BatteryLow"
   * @param description for the operator: "3.1 V"
   * @returns false when it was not taken, with the reason in the log
   */
  raise(name: string, description = ""): boolean {
    if (typeof name !== "string") return this._refuse(inspect(name), "has a name that is no text");
    if (name === "" || name.length > maxAlarmNameCharacters || jsonBytes(name) > maxAlarmNameBytes)
      return this._refuse(name, "has no usable name");
    const before = this._raised.get(name);
    // An application without types may pass anything.
    const text = cut(inspect(description), maxAlarmDescriptionCharacters);
    if (before === undefined && this._raised.size >= maxAlarms)
      return this._refuse(name, `is one more than the ${maxAlarms} that can be raised at one time`);
    if (before?.description === text) return true;
    const atMs = this._core!.platform.clock.monotonic();
    this._raised.set(name, { description: text, raisedMs: before?.raisedMs ?? atMs });
    this._changed({ name, raised: true, atMs });
    return true;
  }

  /** @returns false when no such alarm was raised */
  clear(name: string): boolean {
    if (!this._raised.delete(name)) return false;
    this._changed({ name, raised: false, atMs: this._core!.platform.clock.monotonic() });
    return true;
  }

  /** What is raised: name and description. */
  get raised(): ReadonlyMap<string, { readonly description: string }> {
    return this._raised;
  }

  /** True while this extension sends the alarms; health reports then leave them out. */
  get isAttached(): boolean {
    return this._attachment !== undefined;
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
    this._changes = [];
    // The server sends "sync" after the attach. The set is sent without it too, in case "sync" gets lost.
    this._snapshotDue = true;
    this._toldMs = undefined;
    this._lane?.wake();
  }

  event(event: string): void {
    if (event !== "sync") return;
    // The one after the attach: the set has just been told.
    const { clock } = this._core!.platform;
    if (this._toldMs !== undefined && clock.monotonic() - this._toldMs < syncWaitMs) return;
    this._snapshotDue = true;
    this._lane?.wake();
  }

  detached(): void {
    this._attachment = undefined;
    this._lane?.stop();
  }

  private _changed(change: Change): void {
    if (this._attachment === undefined) {
      // Where the server has no alarms, health carries them: at once, and not at its next question in an hour.
      this._core!.feature(Vitals).urgent();
      return;
    }
    this._toldMs = undefined;
    this._changes.push(change);
    // More changes than a set has alarms: the set is shorter.
    if (this._changes.length > maxAlarms) this._snapshotDue = true;
    this._lane?.wake();
  }

  /** Sends the snapshot or the next change (LaneOwner). */
  flush(): Attempt {
    if (this._attachment === undefined) return "refused";
    if (this._snapshotDue) {
      let alarms = [...this._raised].map(([name, alarm]) => this._entry(name, alarm));
      if (jsonBytes(alarms) > maxListBytes)
        alarms = [...this._raised].map(([name, alarm]) => this._entry(name, { ...alarm, description: "" }));
      if (!this._attachment.send("snapshot", { alarms })) return "refused";
      this._snapshotDue = false;
      this._toldMs = this._core!.platform.clock.monotonic();
      this._changes = [];
      return "sent";
    }
    const change = this._changes[0];
    if (change === undefined) return "empty";
    const { name, raised, atMs } = change;
    const alarm = this._raised.get(name);
    // An alarm that was cleared meanwhile has no description any more; its clearing follows in the list.
    const payload = raised
      ? this._entry(name, alarm ?? { description: "", raisedMs: atMs })
      : { alarm: name, ...this._time("cleared_at", atMs) };
    if (!this._attachment.send(raised ? "raised" : "cleared", payload)) return "refused";
    this._changes.shift();
    return "sent";
  }

  private _entry(name: string, { description, raisedMs }: Alarm): object {
    return { alarm: name, description, ...this._time("raised_at", raisedMs) };
  }

  /** The time of a change; left out when it is unknown or older than the server believes. */
  private _time(field: "raised_at" | "cleared_at", monotonicMs: number): object {
    const ms = wallTime(this._core!.platform.clock, monotonicMs);
    if (ms === undefined || this._core!.platform.clock.monotonic() - monotonicMs > maxAlarmAgeMs) return {};
    return field === "raised_at" ? { raised_at: isoTime(ms) } : { cleared_at: isoTime(ms) };
  }

  private _refuse(name: string, why: string): false {
    this._core!.log.warning(`Alarm "${cut(name, 40)}" ${why}.`);
    return false;
  }
}
