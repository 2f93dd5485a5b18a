/*
 * error_reports 0.1.0: errors of the application and of the link, which the server groups into issues.
 *
 * The rules it guards: the reporter never reports its own errors and never throws; a repeated error is one report with a count;
 * dropped reports are counted in a report of their own.
 */

import { Fault } from "../../../modules/fault/fault.js";
import { cut } from "../../../modules/text/cut.js";
import { printable } from "../../../modules/text/printable.js";
import { RecentLines } from "../../device/recent-lines.js";
import { Vitals } from "../../device/vitals.js";
import type { Core, Feature } from "../../feature.js";
import { tell } from "../../log/guarded.js";
import { inspect } from "../../log/inspect.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { jsonBytes } from "../extensions/json-bytes.js";
import { type Attempt, type Lane, type LaneOwner, Outbox } from "../extensions/outbox.js";
import { isoTime, wallTime } from "../extensions/wall-time.js";
import {
  type Crash,
  describeError,
  forgetCrash,
  keepCrash,
  maxErrorReasonCharacters,
  readCrash,
} from "./crash-record.js";
import { type StackFrame, stackFrames } from "./stack-frames.js";

/** Error reports that wait; the server takes 25 in one message. */
export const maxErrorReports = 12;
/** Characters of a message; the server cuts at 8 KB. */
export const maxErrorMessageCharacters = 1000;
/** Context entries (server: 32), characters of one value (server: 512 bytes). */
export const maxErrorContextEntries = 16;
export const maxErrorContextCharacters = 128;
/** The server takes 1 message a second and 5 at once. */
export const errorReportsRate = Object.freeze({ perSecond: 0.5, burst: 3 });

/** Texts by name; NervesHub gives "uptime_ms", "free_memory_bytes" and "reboot_count" a label. */
export type ErrorContext = Readonly<Record<string, string>>;

interface Entry {
  readonly kind: string;
  readonly reason: string;
  readonly message: string;
  readonly source: "logger" | "manual";
  readonly frames: readonly StackFrame[];
  readonly context: Map<string, string>;
  readonly uuid: string;
  /** Time of the error, monotonic milliseconds; undefined for a crash of an earlier run. */
  readonly atMs: number | undefined;
  /** Time of a crash of an earlier run, milliseconds since 1970; 0 when unknown. */
  readonly knownMs: number;
  count: number;
}

/** Errors that come together share a message. */
const gatherMs = 1000;

/** Bytes of the reports in one message: half of the send queue. Twelve usual ones fit; the server takes 25. */
const maxBatchBytes = 16_000;

export class ErrorReports implements Feature, Extension, LaneOwner {
  readonly key = "error_reports";
  readonly versions = ["0.1.0"];
  private _core: Core | undefined;
  private _vitals: Vitals | undefined;
  private _recent: RecentLines | undefined;
  private _lane: Lane | undefined;
  private _entries: Entry[] = [];
  private _crash: Entry | undefined;
  private _dropped = 0;
  private _attachment: Attachment | undefined;

  install(core: Core): void {
    this._core = core;
    this._vitals = core.feature(Vitals);
    this._recent = core.feature(RecentLines);
    this._lane = core.feature(Outbox).lane(errorReportsRate, this);
    core.feature(Extensions).add(this);
  }

  /** Logs the crash of the last run, if any, and reports it to the server after the next join. */
  start(): void {
    const { platform, log } = this._core!;
    const crash = readCrash(platform.store);
    if (crash === undefined) return;
    const times = crash.count > 1 ? ` (${crash.count} runs in a row)` : "";
    log.error(`The last run ended with an error${times}: ${crash.reason}`);
    this._crash = this._crashEntry(crash);
    this._entries.push(this._crash);
  }

  /** Reports an error that the application has dealt with. Never throws. */
  report(error: unknown, context: ErrorContext = {}): void {
    tell(this._core!.log, "reportError", () => this._report(error, context));
  }

  private _report(error: unknown, context: ErrorContext): void {
    const { platform, firmware } = this._core!;
    const { kind, reason, stack } = describeError(error);
    const all = new Map<string, string>([["uptime_ms", String(Math.round(this._vitals!.uptimeMs))]]);
    const { heapFree } = platform.device.facts();
    if (heapFree !== undefined) all.set("free_memory_bytes", String(heapFree));
    if (error instanceof Fault) all.set("stage", error.stage).set("code", error.code);
    // An application without types may pass anything.
    const given: object = typeof context === "object" && context !== null ? context : { context };
    for (const [name, value] of Object.entries(given)) all.set(name, inspect(value));
    this._add(
      this._entry({
        kind,
        reason,
        stack,
        source: "manual",
        context: all,
        uuid: firmware.uuid,
        atMs: platform.clock.monotonic(),
      }),
    );
  }

  /**
   * Stores the error that is about to end this run; for XS's abort hook and the like. Never throws.
   * @returns false when the error could not be stored
   */
  recordCrash(error: unknown): boolean {
    const { platform, firmware, redactor } = this._core!;
    const uptimeMs = Math.round(this._vitals!.uptimeMs);
    const log = this._recent!.last(8).join("\n");
    return keepCrash(platform.store, platform.clock, redactor, error, { uuid: firmware.uuid, uptimeMs, log });
  }

  ready(): boolean {
    return this._core!.platform.clock.now() !== undefined;
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
    this._lane?.wake();
  }

  event(): void {}

  detached(): void {
    this._attachment = undefined;
    this._lane?.stop();
  }

  private _add(entry: Entry): void {
    const same = this._entries.find(
      ({ kind, reason, frames }) =>
        kind === entry.kind && reason === entry.reason && frames[0]?.line === entry.frames[0]?.line,
    );
    if (same !== undefined) same.count++;
    else if (this._entries.length >= maxErrorReports) this._dropped++;
    else this._entries.push(entry);
    if (this._attachment !== undefined) this._lane?.wake(gatherMs);
  }

  /** Sends a batch of reports (LaneOwner). */
  flush(): Attempt {
    if (this._attachment === undefined) return "refused";
    const reports: object[] = this._dropped > 0 ? [this._droppedNotice()] : [];
    const batch: Entry[] = [];
    let bytes = 0;
    for (const entry of this._entries) {
      const payload = this._payload(entry);
      bytes += jsonBytes(payload);
      if (batch.length > 0 && bytes > maxBatchBytes) break;
      batch.push(entry);
      reports.push(payload);
    }
    if (reports.length === 0) return "empty";
    if (!this._attachment.send("report", { reports })) return "refused";
    this._dropped = 0;
    this._entries.splice(0, batch.length);
    if (this._crash !== undefined && batch.includes(this._crash)) this._crashSent();
    return "sent";
  }

  private _crashSent(): void {
    this._crash = undefined;
    try {
      forgetCrash(this._core!.platform.store);
    } catch {
      this._core!.log.warning(
        "The record of the last crash could not be deleted; it is reported again after a restart.",
      );
    }
  }

  private _payload({ kind, reason, message, source, frames, context, uuid, atMs, knownMs, count }: Entry): object {
    const { clock } = this._core!.platform;
    const ms = atMs === undefined ? knownMs : (wallTime(clock, atMs) ?? 0);
    const entries = [...context];
    if (count > 1) entries.push(["count", String(count)]);
    return {
      timestamp: isoTime(ms > 0 ? ms : (clock.now() ?? 0)),
      kind,
      reason,
      message,
      source,
      frames,
      context: Object.fromEntries(entries),
      firmware_uuid: uuid,
    };
  }

  private _droppedNotice(): object {
    return {
      timestamp: isoTime(this._core!.platform.clock.now() ?? 0),
      kind: "nerves_hub_link_moddable",
      reason: `${this._dropped} error reports were dropped: more came than could be kept until they could be sent.`,
      source: "manual",
      // The fingerprint makes the notices of a whole fleet one issue.
      fingerprint: "nerves_hub_link_moddable:dropped_error_reports",
      frames: [],
    };
  }

  private _crashEntry({ kind, reason, stack, log, uuid, uptimeMs, atMs, count }: Crash): Entry {
    const { device } = this._core!.platform;
    const context = new Map([
      ["uptime_ms", String(uptimeMs)],
      ["reset_reason", device.resetReason],
    ]);
    if (log !== "") context.set("log", log);
    if (!(atMs > 0)) context.set("time", "unknown; this is when it was reported");
    const entry = this._entry({ kind, reason, stack, source: "logger", context, uuid, atMs: undefined });
    return { ...entry, knownMs: atMs, count };
  }

  private _entry(
    given: Pick<Entry, "kind" | "reason" | "source" | "context" | "uuid" | "atMs"> & { stack: string },
  ): Entry {
    const { redactor } = this._core!;
    // The text is cut before redaction as well, far beyond what is kept: it may be as long as memory allows.
    const clean = (text: string, most: number): string => cut(redactor.redactCut(cut(text, most * 4)), most);
    const context = new Map<string, string>();
    for (const [name, value] of given.context) {
      if (context.size >= maxErrorContextEntries) break;
      const isLog = name === "log";
      const text = clean(value, isLog ? maxErrorReasonCharacters : maxErrorContextCharacters);
      const key = cut(printable(cut(name, maxErrorContextCharacters)), maxErrorContextCharacters);
      // A control character takes six bytes of JSON: sixteen entries of control characters would not fit a message.
      context.set(key, isLog ? text : cut(printable(text), maxErrorContextCharacters));
    }
    const frames = stackFrames(given.stack);
    const message = clean(given.stack === "" ? given.reason : given.stack, maxErrorMessageCharacters);
    const reason = clean(given.reason, maxErrorReasonCharacters);
    const { kind, source, uuid, atMs } = given;
    return { kind, source, uuid, atMs, reason, message, frames, context, knownMs: 0, count: 1 };
  }
}
